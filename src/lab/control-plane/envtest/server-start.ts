import { setTimeout as delay } from 'node:timers/promises';
import { GlobalctlError } from '../../../base/index.ts';
import type { SupervisedProcess } from './supervised-process.ts';

const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 400;
/** How often a server gets another port, because somebody else was faster at the one it was given. */
const PORT_ATTEMPTS = 3;

/**
 * Waits until a server that was started is ready: `isReady` is asked again and again, since nothing tells when another program
 * listens. Throws LAB_CONTROL_PLANE with the end of its log when it ends before, or takes longer than `limitMs`.
 */
export async function awaitReady(options: {
  readonly server: SupervisedProcess;
  readonly isReady: () => Promise<boolean>;
  readonly limitMs: number;
}): Promise<void> {
  const { server, isReady, limitMs } = options;
  const startedMs = performance.now();
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(LONGEST_POLL_MS, pauseMs * 1.5)) {
    const failure = server.failure();
    if (failure !== undefined) throw await startFailure(server, failure);
    if (await isReady().catch(() => false)) return;
    if (performance.now() - startedMs > limitMs)
      throw await startFailure(server, `not ready after ${String(limitMs / 1000)} s`);
    await Promise.race([delay(pauseMs), server.ended]);
  }
}

async function startFailure(server: SupervisedProcess, how: string): Promise<GlobalctlError> {
  const tail = await server.logTail();
  return new GlobalctlError('LAB_CONTROL_PLANE', {
    message: `${server.name} did not start: ${how}`,
    subject: server.logFile,
    found: tail === '' ? 'it wrote no log' : tail,
  });
}

/** Starts a server anew, on other ports, as long as it ends because its address is in use. */
export async function withFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const taken = error instanceof GlobalctlError && error.details.found?.includes('address already in use') === true;
      if (!taken || attempt >= PORT_ATTEMPTS) throw error;
    }
  }
}
