import { mkdir, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { GlobalctlError, lockFolder, type Clock } from '../../base/index.ts';
import { fieldAt } from '../../kube/index.ts';
import { Cleanup } from '../cleanup.ts';
import type { DataCentre } from '../datacentre/index.ts';
import { startControlServer } from './control-server.ts';
import { LabHome } from './lab-home.ts';
import type { BootstrapRequest, LabSettings, LabStatus } from './lab-status.ts';

export interface ServeLabOptions {
  readonly home: string;
  readonly settings: LabSettings;
  /** Makes the data centre; what is in it is the caller's business. */
  readonly start: (options: { home: LabHome; settings: LabSettings; onTraffic: () => void }) => Promise<DataCentre>;
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
    const dataCentre = await options.start({ home, settings, onTraffic });
    cleanup.defer(() => dataCentre.stop());
    const startedAt = new Date(clock.now()).toISOString();
    const control = await startControlServer({
      socket: home.socket,
      onTraffic,
      handlers: {
        'GET /status': () => {
          // Whoever asks now would rely on a lab that is about to be gone.
          if (stopped.signal.aborted)
            throw new GlobalctlError('LAB_NOT_RUNNING', { message: 'the lab is ending', subject: home.folder });
          return Promise.resolve(statusOf(dataCentre, { home, settings: { ...settings, keep }, startedAt }));
        },
        'POST /bootstrap': async (body) => {
          await dataCentre.bootstrap(parseBootstrap(body));
          onTraffic();
        },
        'POST /retire': async () => {
          await dataCentre.bootstrapHost.retire();
        },
        'POST /touch': (body) => {
          const wanted = fieldAt(body, 'keep');
          if (typeof wanted === 'boolean') keep = wanted;
          return Promise.resolve({ keep });
        },
        'POST /names': (body) => {
          for (const [name, ip] of Object.entries((body ?? {}) as Record<string, unknown>))
            if (typeof ip === 'string' && isIP(ip) !== 0) dataCentre.network.setName(name, ip);
          return Promise.resolve({});
        },
        'POST /stop': () => {
          stopped.abort();
          return Promise.resolve({});
        },
      },
    });
    cleanup.defer(() => control.close());
    cleanup.defer(() => rm(home.recordFile, { force: true }));
    await home.write({ pid: process.pid, startedAt, proxyUrl: dataCentre.proxyUrl, socket: home.socket });
    log(`lab is up: proxy ${dataCentre.proxyUrl}, speed ${String(settings.speed)}, seed ${settings.seed}`);
    options.onReady?.();
    const outcome = await awaitEnd({
      clock,
      signal: AbortSignal.any([signal, stopped.signal]),
      idleForMs: () => (keep || dataCentre.openConnections > 0 ? 0 : clock.now() - lastUseMs),
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

function parseBootstrap(body: unknown): BootstrapRequest {
  const text = (...path: string[]): string | undefined => {
    const value = fieldAt(body, ...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const root = text('root');
  if (root === undefined) throw new GlobalctlError('USAGE', { message: 'bootstrap needs the root folder of the host' });
  const [username, password] = [text('registryLogin', 'username'), text('registryLogin', 'password')];
  return {
    root,
    hostIP: text('hostIP'),
    kubernetesVersion: text('kubernetesVersion'),
    registryLogin: username !== undefined && password !== undefined ? { username, password } : undefined,
    installerTls: fieldAt(body, 'installerTls') === true,
  };
}

function statusOf(
  dataCentre: DataCentre,
  { home, settings, startedAt }: { home: LabHome; settings: LabSettings; startedAt: string },
): LabStatus {
  return {
    pid: process.pid,
    home: home.folder,
    startedAt,
    proxyUrl: dataCentre.proxyUrl,
    speed: settings.speed,
    seed: settings.seed,
    hostIP: dataCentre.bootstrapHost.hostIP,
    keep: settings.keep,
    idleTimeoutMs: settings.idleTimeoutMs,
    names: Object.fromEntries(dataCentre.network.names),
    clusters: [...dataCentre.clusters.values()].map((cluster) => ({
      name: cluster.name,
      server: cluster.server,
      nodes: [...cluster.nodeNames],
      failure: cluster.failure(),
    })),
    machines: dataCentre.iaas.all().map(({ name, state }) => ({ name, state })),
    addresses: dataCentre.network.addresses(),
    etcd: dataCentre.storage,
    envtest: dataCentre.envtest,
    memoryBytes: process.memoryUsage.rss(),
  };
}
