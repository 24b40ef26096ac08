// What the lab's API server and etcd can carry, and where KUBEBUILDER_ASSETS names a folder with kube-apiserver and etcd, what these
// carry beside it in the same run: one client drives both, in turn, a round each.
//
//   npm run bench:lab                 about ten minutes
//   npm run bench:lab -- --quick      less than one
//   npm run bench:lab -- --tiny       seconds; the figures say nothing but that it runs
//   npm run bench:lab -- --only api   api, memory, etcd or start
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, median } from '../measure.mjs';
import { FULL, QUICK, TINY, apiRound } from './api-rounds.mjs';
import { buildProgram, bundleParts } from './bundle.mjs';
import { etcdRound, FULL as ETCD_FULL, QUICK as ETCD_QUICK, TINY as ETCD_TINY } from './etcd-rounds.mjs';
import { memoryOf } from './memory.mjs';
import { startLab, startReal, startRealEtcd } from './servers.mjs';
import { startUp } from './start-up.mjs';

const size = ['--tiny', '--quick'].find((s) => process.argv.includes(s)) ?? 'full';
/** How much each part does. */
const work = {
  full: { api: FULL, etcd: ETCD_FULL, objects: 50_000, starts: 10 },
  '--quick': { api: QUICK, etcd: ETCD_QUICK, objects: 3000, starts: 2 },
  '--tiny': { api: TINY, etcd: ETCD_TINY, objects: 10, starts: 1 },
}[size];
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const wanted = (part) => only === undefined || only === part;
const assets = process.env.KUBEBUILDER_ASSETS || undefined;
/** What the lab's process is started with besides, for example `--cpu-prof --cpu-prof-dir=FOLDER`. */
const nodeOptions = (process.env.BENCH_LAB_NODE_OPTIONS ?? '').split(' ').filter((o) => o !== '');
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'node_modules/.cache', `bench-lab-${process.pid}`);
const figures = { lab: {}, real: {} };

/** Runs `body` on freshly started servers, one after the other or in turn, and ends them. */
async function withServers(starts, body) {
  const servers = [];
  try {
    for (const start of starts) {
      const server = await start();
      if (server) servers.push(server);
    }
    await body(servers);
  } finally {
    for (const server of servers) await server.close();
  }
}

function versions() {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const print = (program) => {
    try {
      return execFileSync(program, ['--version'], { encoding: 'utf8' }).split('\n')[0];
    } catch {
      return `no ${program}`;
    }
  };
  console.log(`${cpus().length} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`);
  console.log(assets ? print(join(assets, 'kube-apiserver')) : 'KUBEBUILDER_ASSETS is not set: the lab alone');
  console.log(print('etcd'));
}

function show(value) {
  if (value === undefined) return '-';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function printTable() {
  const names = [...new Set([...Object.keys(figures.lab), ...Object.keys(figures.real)])];
  const row = (cells) =>
    console.log(cells.map((c, i) => (i === 0 ? c.padEnd(52) : c.padStart(i === 4 ? 12 : 10))).join(''));
  row(['', 'lab', 'min', 'max', 'real', 'min', 'max', 'ratio']);
  for (const name of names) {
    const cells = [figures.lab[name], figures.real[name]].map((values) =>
      values === undefined ? ['-', '-', '-'] : [median(values), Math.min(...values), Math.max(...values)].map(show),
    );
    row([name, ...cells[0], ...cells[1], show(ratio(name))]);
  }
}

/** How many times better the lab is; undefined where there is nothing to compare. */
function ratio(name) {
  const [lab, real] = [figures.lab[name], figures.real[name]];
  // Of two servers that both deliver before they answer, neither is the quicker one.
  if (lab === undefined || real === undefined || median(real) < 0.05) return undefined;
  return name.includes('/s') ? median(lab) / median(real) : median(real) / median(lab);
}

versions();
const parts = await bundleParts(folder);
try {
  const loaded = await import(parts);
  const program = wanted('start') && buildProgram(join(folder, 'dist'));
  const lab = () => startLab(parts, nodeOptions);
  const real = () => assets && startReal(assets, loaded);
  if (wanted('api'))
    await withServers([lab, real], async (servers) => {
      // The first round warms both up and counts for nothing; it does without the crowd.
      for (const server of servers)
        await apiRound(server, { ...work.api, watchers: work.api.watchers.slice(0, 2) }, 'warm-up', {});
      for (let round = 1; round <= work.api.rounds; round++)
        for (const server of servers) await apiRound(server, work.api, round, figures[server.name]);
    });
  if (wanted('etcd'))
    await withServers([lab, startRealEtcd], async (servers) => {
      for (let round = 0; round <= work.etcd.rounds; round++)
        for (const server of servers)
          await etcdRound(server, work.etcd, round, round === 0 ? {} : figures[server.name], loaded);
    });
  if (wanted('memory'))
    for (const start of [lab, real])
      await withServers([start], async ([server]) => {
        if (!server) return;
        for (const [name, value] of Object.entries(await memoryOf(server, work.objects)))
          figures[server.name][`${work.objects} objects: ${name}`] = [value];
      });
  if (program) for (let i = 0; i < work.starts; i++) await startUp(program, figures.lab, loaded);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable();
const medians = (side) => Object.fromEntries(Object.entries(side).map(([k, v]) => [k, Number(show(median(v)))]));
finish(
  'lab',
  Object.fromEntries(
    Object.keys(figures.lab)
      .map((name) => [name, ratio(name)])
      .filter(([, value]) => value !== undefined),
  ),
  { size: size.replace('--', ''), lab: medians(figures.lab) },
);
