// Timing of whole commands: a warm-up, then several runs of each command in turn, so that a slow moment of the machine meets
// both; medians are what is compared.
import { spawnSync } from 'node:child_process';

/** Wall seconds of one run. A command that fails ends the benchmark with its words. */
export function timeOnce({ command, args, env }) {
  const started = process.hrtime.bigint();
  const run = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 256 * 2 ** 20 });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (run.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${run.stderr || run.stdout || String(run.error)}`);
  return seconds;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs every command `runs` times in turn; answers the seconds by name, and prints a row for each. */
export function compare(commands, runs) {
  const seconds = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (const command of Object.values(commands)) timeOnce(command);
  for (let i = 0; i < runs; i++)
    for (const [name, command] of Object.entries(commands)) seconds[name].push(timeOnce(command));
  for (const [name, values] of Object.entries(seconds))
    console.log(
      `${name.padEnd(28)} median ${median(values).toFixed(3)} s   min ${Math.min(...values).toFixed(3)} s   max ${Math.max(...values).toFixed(3)} s`,
    );
  return seconds;
}

/** The line that ends every benchmark. `ratios`: how many times the peer's time ours goes into it; above 1 we are faster. */
export function finish(bench, ratios, more = {}) {
  const round = (n) => Math.round(n * 100) / 100;
  console.log(
    JSON.stringify({
      bench,
      ratios: Object.fromEntries(Object.entries(ratios).map(([k, v]) => [k, round(v)])),
      ...more,
    }),
  );
}
