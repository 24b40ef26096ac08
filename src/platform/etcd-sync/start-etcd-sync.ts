import { systemClock } from '../../base/index.ts';
import { PLATFORM_NAMESPACE, runWithLease, type LeaseEvent } from '../../kube/index.ts';
import type { EtcdSyncConfig } from './config.ts';
import { lead } from './leader.ts';
import { Monitor } from './monitor.ts';
import { Connections } from './sides.ts';
import { SyncState } from './state.ts';
import { SyncLog } from './sync-log.ts';

/** Its holder is the name of the Pod that writes. */
export const ETCD_SYNC_LEASE = { namespace: PLATFORM_NAMESPACE, name: 'etcd-sync-mirror' } as const;

export interface RunningEtcdSync {
  /** `http://host:port` of the monitor. */
  readonly url: string;
  readonly port: number;
  /** Stops writing, gives the Lease back and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts one replica of the synchronizer: it answers /check and /metrics, and while it holds the Lease it keeps the standby's
 * etcd like the primary's. Resolves when it listens; troubles with either side are waited out. Stops when the config's signal
 * aborts.
 */
export async function startEtcdSync(config: EtcdSyncConfig): Promise<RunningEtcdSync> {
  const stop = new AbortController();
  const signal = AbortSignal.any([config.signal, stop.signal]);
  const clock = config.clock ?? systemClock;
  const log = new SyncLog(config.logSink, clock);
  log.redactor.add(config.primary.token);
  const state = new SyncState(clock);
  const connections = new Connections(config, clock, log);
  const monitor = new Monitor({ config, clock, connections, state, signal });
  const { host, port: wanted } = config.listen ?? {};
  const port = await monitor.listen(host, wanted);
  const working = runWithLease(
    {
      ...{ client: config.client, lease: ETCD_SYNC_LEASE, identity: config.identity, signal, clock },
      onEvent: (event) => {
        if (event.type === 'waiting') state.leader = event.holder;
        if (event.type === 'acquired') state.leader = config.identity;
        log.write(event.type === 'trouble' || event.type === 'lost' ? 'WARN' : 'INFO', told(event));
      },
    },
    (term) => lead({ config, clock, connections, state, log }, term.signal),
  ).catch((error: unknown) => log.write('ERROR', `the work ended: ${String(error)}`));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      stop.abort();
      await working;
      await monitor.close();
      await connections.close();
    })());
  signal.addEventListener('abort', () => void close(), { once: true });
  return { url: `http://${host ?? '127.0.0.1'}:${String(port)}`, port, close };
}

function told(event: LeaseEvent): string {
  switch (event.type) {
    case 'acquired':
      // The line that runbooks look for.
      return 'Acquired leader lease';
    case 'waiting':
      return `standing by: ${event.holder} holds the lease`;
    case 'lost':
      return `the lease is lost: ${event.reason}`;
    case 'released':
      return 'the lease was given back';
    case 'trouble':
      return `${event.error.code}: ${event.error.message}`;
  }
}
