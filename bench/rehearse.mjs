// How long a rehearsal takes from start to the verification table, and how much memory its data centre uses at most. There is no
// peer that does the same; the ratio is against the budget of a minute.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { finish, median } from './measure.mjs';

const BUDGET_SECONDS = 60;
const quick = process.argv.includes('--quick');
const root = fileURLToPath(new URL('..', import.meta.url));

/** Peak resident memory of a process in MiB; 0 when it is gone. */
function peakMiB(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function rehearse(provider) {
  const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-'));
  const started = process.hrtime.bigint();
  const child = spawn(
    process.execPath,
    [
      join(root, 'dist/globalctl.js'),
      'rehearse',
      '-f',
      join(root, `examples/${provider}/site.yaml`),
      '--state-dir',
      folder,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  child.stderr.on('data', (chunk) => (words += chunk));
  let peak = 0;
  const sampler = setInterval(() => {
    try {
      peak = Math.max(peak, peakMiB(JSON.parse(readFileSync(join(folder, 'lab/lab.json'), 'utf8')).pid));
    } catch {
      // The lab has not written its record yet, or has taken it away.
    }
  }, 200);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(sampler);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (code !== 0) throw new Error(`rehearsal of ${provider} ended with ${code}\n${words}`);
  const steps = readFileSync(join(folder, 'last-run/logs/events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((event) => event.type === 'step-finished')
    .map((event) => `${event.step} ${(event.durationMs / 1000).toFixed(1)}`);
  console.log(`${provider.padEnd(8)} ${seconds.toFixed(1)} s, lab at most ${peak.toFixed(0)} MiB: ${steps.join(', ')}`);
  rmSync(folder, { recursive: true, force: true });
  return { seconds, peak };
}

const runs = [];
for (const provider of quick ? ['dcs'] : ['dcs', 'vsphere', 'hcs', 'dcs', 'vsphere', 'hcs'])
  runs.push(await rehearse(provider));
const seconds = median(runs.map((run) => run.seconds));
finish(
  'rehearse',
  { budget: BUDGET_SECONDS / seconds },
  { seconds, peakMiB: Math.round(Math.max(...runs.map((run) => run.peak))) },
);
