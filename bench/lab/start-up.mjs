// How long the data centre takes to come up, as users start it: from the start of its process until it can be reached, and from
// there until its first cluster is ready.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function startUp(program, figures, { LabClient }) {
  const note = (name, value) => (figures[name] ??= []).push(value);
  const folder = mkdtempSync(join(tmpdir(), 'globalctl-bench-start-'));
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'lab', 'serve', '--home', join(folder, 'lab'), '--host-ip', '10.0.0.5'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      // The lab says on this descriptor that it can be reached.
      env: { ...process.env, GLOBALCTL_LAB_READY_FD: '3' },
    },
  );
  let words = '';
  child.stderr.on('data', (chunk) => (words += chunk));
  try {
    // The descriptor closes with the process.
    await Promise.race([once(child.stdio[3], 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`the lab ended while it started:\n${words}`);
    note('data centre, ms from the start of its process', performance.now() - started);
    const lab = await LabClient.find(join(folder, 'lab'));
    const asked = performance.now();
    await lab.bootstrap({ root: join(folder, 'host') });
    note('its first cluster, ms until ready', performance.now() - asked);
    const exited = once(child, 'exit');
    await lab.stop();
    await exited;
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
