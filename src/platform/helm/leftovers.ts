import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startTicksOf } from '../../base/index.ts';

const PREFIX = 'globalctl-helm-';
const OWNED = /^globalctl-helm-(\d+)-(\d+)-/;

/**
 * A folder of mode 0700 for one call of Helm: kubeconfig, chart, Helm's own caches. Its name says which process it belongs
 * to, so that a later one can tell what a killed process left behind.
 */
export async function createCallFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, `${PREFIX}${String(process.pid)}-${(await startTicksOf(process.pid)) ?? '0'}-`));
}

/**
 * Removes the call folders of processes that are gone, with the credentials in them, after ending the Helm that a killed
 * process has left running: it would still write to the cluster. Returns how many processes were ended.
 */
export async function sweepLeftovers(parent: string): Promise<number> {
  let ended = 0;
  // A folder that cannot be listed holds nothing of ours; whoever wants to write there hears why he cannot.
  for (const name of await readdir(parent).catch(() => [])) {
    const [, pid, startTicks] = OWNED.exec(name) ?? [];
    if (pid === undefined || (await startTicksOf(Number(pid))) === startTicks) continue;
    const folder = join(parent, name);
    for (const orphan of await processesWith(`KUBECONFIG=${join(folder, 'kubeconfig')}`)) {
      await endProcess(orphan);
      ended++;
    }
    await rm(folder, { recursive: true, force: true });
  }
  return ended;
}

/** Processes of this account whose environment holds `assignment`. None where there is no proc file system. */
async function processesWith(assignment: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(assignment)) found.push(Number(name));
  }
  return found;
}

/** SIGKILL, and waits until the kernel says that the process is gone: only then nothing of it writes any more. */
async function endProcess(pid: number): Promise<void> {
  const startTicks = await startTicksOf(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  while (startTicks !== undefined && (await startTicksOf(pid)) === startTicks)
    await new Promise((done) => setImmediate(done));
}
