// How long `globalctl lint` takes on a manifest of 1,000 machines in 250 pools (about 45,000 lines), and its memory, beside what
// else reads such a file: kubeconform, when it is on the PATH, checks only schemas of kinds that it knows and skips the rest;
// kubectl label --local reads and prints; the yaml library alone parses.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { compare, finish, median, timeOnce } from './measure.mjs';
import { peer } from './peers.mjs';

const quick = process.argv.includes('--quick');
const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/globalctl.js');
const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-'));
const pools = 250;
const perPool = 4;

try {
  cpSync(join(root, 'examples/dcs'), folder, { recursive: true });
  const site = parse(readFileSync(join(folder, 'site.yaml'), 'utf8'));
  site.network.nodes = { ...site.network.nodes, cidr: '10.10.0.0/16' };
  const [{ machine }] = site.workers;
  let node = 0;
  site.workers = Array.from({ length: pools }, (_, pool) => ({
    name: `w${String(pool)}`,
    machine,
    nodes: Array.from({ length: perPool }, () => {
      node += 1;
      const ip = `10.10.${String(100 + Math.floor(node / 250))}.${String((node % 250) + 1)}`;
      return { hostname: `global-w-${String(node)}`, ip };
    }),
  }));
  // Written as JSON: aliases, which YAML would give the shared machine, are refused in site files.
  writeFileSync(join(folder, 'site.yaml'), JSON.stringify(site));
  const run = (...args) => ({ command: process.execPath, args: [program, ...args] });
  timeOnce(run('render', '-f', join(folder, 'site.yaml'), '-d', join(folder, 'rendered')));
  const manifest = join(folder, 'rendered/root/yamls/new-global.yaml');
  const lines = readFileSync(manifest, 'utf8').split('\n').length;
  console.log(`${String(pools * perPool)} machines, ${String(lines)} lines`);

  const kubectl = peer('kubectl', join(folder, 'bin'));
  const kubeconform = onPath('kubeconform');
  const yamlOnly = join(folder, 'parse.mjs');
  writeFileSync(
    yamlOnly,
    `import { readFileSync } from 'node:fs';
import { parseAllDocuments } from ${JSON.stringify(join(root, 'node_modules/yaml/dist/index.js'))};
parseAllDocuments(readFileSync(${JSON.stringify(manifest)}, 'utf8')).map((document) => document.toJS());\n`,
  );
  const seconds = compare(
    {
      'lint, 1,000 machines': run('lint', manifest),
      'yaml alone': { command: process.execPath, args: [yamlOnly] },
      ...(kubectl && {
        'kubectl label --local': {
          command: kubectl,
          args: ['label', '--local', '-o', 'name', '-f', manifest, 'bench=yes'],
        },
      }),
      ...(kubeconform && {
        kubeconform: { command: kubeconform, args: ['-ignore-missing-schemas', '-n', '2', manifest] },
      }),
    },
    quick ? 3 : 10,
  );
  const of = (name) => median(seconds[name]);
  finish(
    'lint',
    {
      lintToYamlAlone: of('yaml alone') / of('lint, 1,000 machines'),
      ...(kubectl && { lintToKubectl: of('kubectl label --local') / of('lint, 1,000 machines') }),
      ...(kubeconform && { lintToKubeconform: of('kubeconform') / of('lint, 1,000 machines') }),
    },
    { lintSeconds: of('lint, 1,000 machines'), lintPeakMB: peakMegabytes(run('lint', manifest)), lines },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function onPath(name) {
  try {
    return execFileSync('which', [name], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** The largest resident size of a run, as the process itself reports it at its end. */
function peakMegabytes({ command, args }) {
  const report = join(folder, 'peak.mjs');
  writeFileSync(
    report,
    "process.on('exit', () => process.stderr.write(`peak ${String(process.resourceUsage().maxRSS)}\\n`));\n",
  );
  const { stderr } = spawnSync(command, ['--import', report, ...args], { encoding: 'utf8' });
  return Math.round(Number(/peak (\d+)/.exec(stderr)?.[1] ?? 0) / 1024);
}
