// How long `globalctl validate` takes on a site of 1,000 nodes, and the start of the program, beside kubectl and helm, which are
// what an engineer would otherwise run: kubectl kustomize reads and prints the manifest that the same site renders to, and
// checks nothing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { compare, finish, median, timeOnce } from './measure.mjs';
import { peer } from './peers.mjs';

const quick = process.argv.includes('--quick');
const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/globalctl.js');
const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-'));
try {
  cpSync(join(root, 'examples/dcs'), folder, { recursive: true });
  const site = parse(readFileSync(join(folder, 'site.yaml'), 'utf8'));
  site.network.nodes = { ...site.network.nodes, cidr: '10.10.0.0/16' };
  site.workers[0].nodes = Array.from({ length: 997 }, (_, i) => ({
    hostname: `global-worker-${String(i + 1)}`,
    ip: `10.10.${String(100 + Math.floor(i / 250))}.${String((i % 250) + 1)}`,
  }));
  const file = join(folder, 'site.yaml');
  writeFileSync(file, stringify(site));
  const node = (...args) => ({ command: process.execPath, args: [program, ...args] });
  timeOnce(node('render', '-f', file, '-d', join(folder, 'rendered')));
  const manifest = join(folder, 'kustomize');
  cpSync(join(folder, 'rendered/root/yamls/new-global.yaml'), join(manifest, 'new-global.yaml'));
  writeFileSync(join(manifest, 'kustomization.yaml'), 'resources: [new-global.yaml]\n');

  const kubectl = peer('kubectl', join(folder, 'bin'));
  const helm = peer('helm', join(folder, 'bin'));
  const seconds = compare(
    {
      'validate, 1,000 nodes': node('validate', '-f', file),
      'globalctl --version': node('--version'),
      ...(kubectl && {
        'kubectl kustomize': { command: kubectl, args: ['kustomize', manifest] },
        'kubectl version --client': { command: kubectl, args: ['version', '--client'] },
      }),
      ...(helm && { 'helm version': { command: helm, args: ['version'] } }),
    },
    quick ? 5 : 20,
  );
  const of = (name) => median(seconds[name]);
  finish(
    'validate',
    {
      ...(kubectl && {
        validateToKustomize: of('kubectl kustomize') / of('validate, 1,000 nodes'),
        startToKubectl: of('kubectl version --client') / of('globalctl --version'),
      }),
      ...(helm && { startToHelm: of('helm version') / of('globalctl --version') }),
    },
    { validateSeconds: of('validate, 1,000 nodes'), startSeconds: of('globalctl --version') },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
