import { mkdir, rm } from 'node:fs/promises';
import { GlobalctlError, lockFolder, type Clock } from '../../base/index.ts';
import { fieldAt } from '../../kube/index.ts';
import { Cleanup } from '../cleanup.ts';
import type { LabSites } from '../datacentre/index.ts';
import { startControlServer } from './control-server.ts';
import { LabHome } from './lab-home.ts';
import type { LabSettings } from './lab-status.ts';
import { siteHandlers } from './site-handlers.ts';
import { statusOf } from './status-of.ts';

export interface ServeLabOptions {
  readonly home: string;
  readonly settings: LabSettings;
  /** Makes the data centres; what is in them is the caller's business. */
  readonly start: (options: { home: LabHome; settings: LabSettings; onTraffic: () => void }) => Promise<LabSites>;
  /** Real time: idleness is counted on it. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** The lab can be reached. */
  readonly onReady?: () => void;
}

/** Why the lab ended, or that another one serves this home folder already. */
export type ServeOutcome = 'stopped' | 'idle' | 'interrupted' | 'already-running';

/**
 * Runs a lab until it is told to stop, has been idle for its timeout, or the signal aborts. Two processes never serve one
 * home folder: the second returns at once.
 */
export async function serveLab(options: ServeLabOptions): Promise<ServeOutcome> {
  const { settings, clock, signal, log } = options;
  const home = new LabHome(options.home);
  await mkdir(home.folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(home.folder);
  if ('heldBy' in lock) {
    log(`process ${lock.heldBy ?? 'unknown'} serves this lab already`);
    return 'already-running';
  }
  const cleanup = new Cleanup();
  cleanup.defer(async () => {
    await lock[Symbol.asyncDispose]();
  });
  try {
    let keep = settings.keep;
    let lastUseMs = clock.now();
    const onTraffic = (): void => void (lastUseMs = clock.now());
    const stopped = new AbortController();
    const sites = await options.start({ home, settings, onTraffic });
    cleanup.defer(() => sites.stop());
    const startedAt = new Date(clock.now()).toISOString();
    const control = await startControlServer({
      socket: home.socket,
      onTraffic,
      handlers: {
        'GET /status': () => {
          // Whoever asks now would rely on a lab that is about to be gone.
          if (stopped.signal.aborted)
            throw new GlobalctlError('LAB_NOT_RUNNING', { message: 'the lab is ending', subject: home.folder });
          return Promise.resolve(statusOf(sites, { home, settings: { ...settings, keep }, startedAt }));
        },
        ...siteHandlers(sites, onTraffic),
        'POST /touch': (body) => {
          const wanted = fieldAt(body, 'keep');
          if (typeof wanted === 'boolean') keep = wanted;
          return Promise.resolve({ keep });
        },
        'POST /stop': () => {
          stopped.abort();
          return Promise.resolve({});
        },
      },
    });
    cleanup.defer(() => control.close());
    cleanup.defer(() => rm(home.recordFile, { force: true }));
    const { proxyUrl } = sites.first;
    await home.write({ pid: process.pid, startedAt, proxyUrl, socket: home.socket });
    log(
      `lab is up: proxy ${sites.all.map((site) => site.proxyUrl).join(', ')}, speed ${String(settings.speed)}, seed ${settings.seed}`,
    );
    options.onReady?.();
    const outcome = await awaitEnd({
      clock,
      signal: AbortSignal.any([signal, stopped.signal]),
      idleForMs: () => (keep || sites.openConnections > 0 ? 0 : clock.now() - lastUseMs),
      idleTimeoutMs: settings.idleTimeoutMs,
    });
    return outcome === 'idle' ? 'idle' : stopped.signal.aborted ? 'stopped' : 'interrupted';
  } finally {
    await cleanup.run();
    log('lab has stopped');
  }
}

async function awaitEnd(options: {
  clock: Clock;
  signal: AbortSignal;
  idleForMs: () => number;
  idleTimeoutMs: number;
}): Promise<'idle' | 'signal'> {
  const { clock, signal, idleForMs, idleTimeoutMs } = options;
  for (;;) {
    const leftMs = idleTimeoutMs - idleForMs();
    if (leftMs <= 0) return 'idle';
    try {
      await clock.sleep(leftMs, signal);
    } catch {
      return 'signal';
    }
  }
}
