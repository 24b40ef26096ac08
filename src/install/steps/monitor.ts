import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { GlobalctlError, readTextIfPresent, toGlobalctlError } from '../../base/index.ts';
import { requireVerified, verifyInstallation, type Criterion } from '../../observe/index.ts';
import type { InstallContext } from '../context.ts';
import { isComplete } from '../installer-api.ts';
import type { Step } from '../step.ts';
import { describeProgress } from './installer.ts';

const TIMEOUT_MS = 3 * 60 * 60_000;
/** The progress API has no watch; installer.log, which gets a line per change, is what wakes the reader in between. */
const POLL_MS = 2000;
/** The product's own script takes the fifth body that says Failed as the end: one can be transient (runbook §9). */
const FAILED_ANSWERS = 5;

/** Guide step 9: until the installer is complete, then the success criteria. */
export const monitorStep: Step<InstallContext> = {
  id: 'monitor',
  title: 'Monitor the installation and verify the result',
  timeoutMs: TIMEOUT_MS,
  inputs: () => Promise.resolve({ criteria: 4 }),
  probe: async (context) => {
    const criteria = await verify(context);
    const failed = criteria.filter((c) => !c.ok);
    if (failed.length === 0) return { state: 'done', reason: 'every success criterion is met' };
    return {
      state: failed.length === criteria.length ? 'absent' : 'partial',
      reason: failed.map((c) => `${c.title}: ${c.observed}`).join('; '),
    };
  },
  act: () => Promise.resolve(),
  wait: async (context, { signal, deadline }) => {
    await waitForInstaller(context, signal, deadline.toString());
    requireVerified(await verify(context));
  },
};

/** The success criteria of the guide, looked at now. */
export async function verify(context: InstallContext): Promise<readonly Criterion[]> {
  const { loaded, provider, clusters, signal } = context;
  const cluster = await clusters.global(signal);
  if (!cluster)
    return [
      {
        id: 'nodes',
        title: 'The new cluster can be reached',
        ok: false,
        observed: 'Secret global-kubeconfig does not exist',
      },
    ];
  const workers = loaded.site.workers.reduce((sum, pool) => sum + pool.replicas, 0);
  const credentialSecret = provider.credentialSecretName(loaded.site);
  return await verifyInstallation({
    cluster,
    progress: async () => (await clusters.installer(signal)).progress(signal),
    expectedNodes: loaded.site.controlPlane.replicas + workers,
    credentialSecret,
    credentialImported:
      provider
        .imports(loaded.site)
        ?.some((e) => e.resource === 'secrets' && e.names?.includes(credentialSecret) === true) ?? false,
    signal,
  });
}

async function waitForInstaller(context: InstallContext, signal: AbortSignal, deadline: string): Promise<void> {
  const { clusters, events, clock } = context;
  let failedAnswers = 0;
  using changes = new LogChanges(context.host.installerLog);
  for (;;) {
    let message: string;
    try {
      const progress = await (await clusters.installer(signal)).progress(signal);
      if (isComplete(progress)) return;
      message = describeProgress(progress);
      if (progress.status === 'Failed' && ++failedAnswers >= FAILED_ANSWERS)
        throw new GlobalctlError('INSTALLER_FAILED', {
          message: 'the installer reports that the installation failed',
          found: `${message}\n${(await lastLogLines(context, 8)).join('\n')}`,
        });
    } catch (thrown) {
      // The Pod may be restarting; it keeps its state, so the wait goes on until the deadline.
      // A token that is refused may just have been replaced; the next look reads the new one.
      const error = toGlobalctlError(thrown);
      if (!['INSTALLER_UNREACHABLE', 'INSTALLER_UNAUTHORIZED', 'KUBE_UNREACHABLE'].includes(error.code)) throw thrown;
      message = error.message;
    }
    const chain = [message, ...(await lastLogLines(context, 3))];
    events.emit({ type: 'wait', step: 'monitor', subject: 'the installer', message, deadline, chain });
    await changes.next(POLL_MS, signal, clock);
  }
}

export async function lastLogLines(context: InstallContext, count: number): Promise<string[]> {
  const text = (await readTextIfPresent(context.host.installerLog)) ?? '';
  return text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .filter((line) => line !== '')
    .map((line) => context.redactor.redact(line));
}

/** Wakes when a file's folder changes. */
class LogChanges implements Disposable {
  readonly #watcher: ReturnType<typeof watch> | undefined;
  /** A change that came while nobody waited counts for the next wait. */
  #changed = false;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    try {
      this.#watcher = watch(dirname(path), () => {
        this.#changed = true;
        this.#wake();
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      // Without the folder there is nothing to be woken by; the interval remains.
      this.#watcher = undefined;
    }
  }

  async next(atMostMs: number, signal: AbortSignal, clock: InstallContext['clock']): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (this.#changed) woken.abort();
    try {
      await clock.sleep(atMostMs, AbortSignal.any([signal, woken.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }
}
