import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { PLATFORM_NAMESPACE, runWithLease, type LeaseEvent } from '../../kube/index.ts';
import { AccessKeeper } from './access-keeper.ts';
import type { Access } from './access.ts';
import { completeConfig, type CompleteConfig, type InstallerConfig } from './config.ts';
import { createServer } from './http/server.ts';
import { Leader } from './leader.ts';
import { InstallerLog } from './log.ts';
import type { Phase } from './phase.ts';
import { installationPhases } from './phases/index.ts';
import { RequestDesk } from './request-desk.ts';
import { StateView } from './state/index.ts';

const LEASE = { namespace: PLATFORM_NAMESPACE, name: 'cpaas-installer' } as const;

export interface RunningInstaller {
  /** `https://host:port`, or `http:` in plain mode. */
  readonly url: string;
  readonly port: number;
  /** Of this replica, at present. */
  readonly access: Access;
  /** Resolves when the state has been read for the first time, from when on it is ready, and when it ends before. */
  readonly synced: Promise<void>;
  /** Stops the work at a safe place, gives the Lease back and frees the port; another start goes on from there. */
  close(): Promise<void>;
}

/**
 * Starts one replica of the installer. Each serves the REST API from the state in the cluster; the one that holds the Lease works
 * on the request that stands there. Resolves when it listens. Stops when the config's signal aborts.
 */
export async function startInstaller(
  config: InstallerConfig,
  phases: readonly Phase[] = installationPhases,
): Promise<RunningInstaller> {
  const stop = new AbortController();
  const signal = AbortSignal.any([config.signal, stop.signal]);
  const complete = completeConfig({ ...config, signal });
  const log = new InstallerLog(config.logSink, config.clock);
  const view = new StateView(complete.upkeepClock);
  const parts = { config: complete, phases, log, view };
  const leader = new Leader(parts);
  const access = await AccessKeeper.open({
    wish: complete.access,
    client: config.client,
    log,
    clock: complete.upkeepClock,
    signal,
  });
  const server = await createServer({
    desk: new RequestDesk(parts),
    view,
    access,
    log,
    clock: complete.upkeepClock,
    leads: () => leader.leads,
    signal,
  });
  const url = await server.listen({ host: config.listen?.host ?? '127.0.0.1', port: config.listen?.port ?? 0 });

  let onSynced: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => (onSynced = resolve));
  signal.addEventListener('abort', onSynced, { once: true });
  const following = view.follow({
    client: config.client,
    signal,
    onSynced,
    onTrouble: (error) =>
      log.write('WARN', 'installer', `the state cannot be followed: ${error.code}: ${error.message}`),
  });
  const working = work({ config: complete, log, leader });
  const keepingUp = access.keepUp();
  void synced.then(() => {
    if (view.state === undefined) log.write('INFO', 'installer', 'ready for a request');
    else if (view.state.completedAt !== undefined) log.write('INFO', 'installer', 'the installation is complete');
  });

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      stop.abort();
      await Promise.all([following, working, keepingUp]);
      await server.close();
    })());
  signal.addEventListener('abort', () => void close(), { once: true });
  const { port } = new URL(url);
  return {
    url,
    port: Number(port),
    get access() {
      return access.current;
    },
    synced,
    close,
  };
}

async function work(parts: {
  readonly config: CompleteConfig;
  readonly log: InstallerLog;
  readonly leader: Leader;
}): Promise<void> {
  const { config, log, leader } = parts;
  const { client, signal, upkeepClock, lease } = config;
  await runWithLease(
    {
      ...lease,
      client,
      lease: LEASE,
      identity: lease?.identity ?? `${hostname()}-${String(process.pid)}-${randomBytes(4).toString('hex')}`,
      signal,
      clock: upkeepClock,
      onEvent: (event) =>
        log.write(event.type === 'trouble' || event.type === 'lost' ? 'WARN' : 'INFO', 'lease', told(event)),
    },
    (term) => leader.lead(term.signal),
  );
}

function told(event: LeaseEvent): string {
  switch (event.type) {
    case 'acquired':
      return `this replica does the work (term ${String(event.transitions)})`;
    case 'waiting':
      return `standing by: ${event.holder} does the work`;
    case 'lost':
      return `this replica stops its work: ${event.reason}`;
    case 'released':
      return 'given back';
    case 'trouble':
      return `${event.error.code}: ${event.error.message}`;
  }
}
