import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { toGlobalctlError } from '../../../base/index.ts';
import { EtcdCompactedError, type KeyValueStore } from '../../../etcd/index.ts';
import { isServiceError } from '../../../etcd/grpc-errors.ts';
import { loadCodecs, type Codecs } from '../../../etcd/wire/codec.ts';
import {
  deleteRangeFromWire,
  deleteRangeResponseToWire,
  putResponseToWire,
  rangeResponseToWire,
  toNumber,
  txnFromWire,
  txnResponseToWire,
} from '../../../etcd/wire/convert.ts';
import { EtcdRefusal } from '../refusal.ts';
import { answerRange, completePut, presentRevision } from './ranges.ts';
import { WatchSession } from './watch-service.ts';
import { served, type RequestOf, type ResponseOf, type ServedMethod } from './wire-methods.ts';

/** The version that the server gives as its own: one that the guide's releases ship (their etcd images are 3.5). */
const VERSION = '3.5.21';

export interface EtcdServerOptions {
  readonly store: KeyValueStore;
  /** Loopback address to listen on. */
  readonly host?: string | undefined;
  /** 0, the default, takes a free port. */
  readonly port?: number | undefined;
  /** PEM; with `clientCa` clients must show a certificate that it signed. */
  readonly tls?:
    { readonly certificate: string; readonly key: string; readonly clientCa?: string | undefined } | undefined;
  /** The member's name and the URLs that `member list` shows. */
  readonly name?: string | undefined;
  readonly clientUrls?: readonly string[] | undefined;
}

export interface EtcdServer {
  readonly port: number;
  /** `https://127.0.0.1:port` or `http://...` */
  readonly url: string;
  /** Ends all calls and frees the port. The store stays open. */
  close(): Promise<void>;
}

type Handlers = {
  readonly [M in keyof typeof served as (typeof served)[M]['stream'] extends true ? never : M]?: (
    request: RequestOf<(typeof served)[M]>,
  ) => Promise<ResponseOf<(typeof served)[M]>>;
};

/** Serves the etcd v3 API over a store: KV, Watch, Lease, and what clients ask of Maintenance and Cluster. */
export async function startEtcdServer(options: EtcdServerOptions): Promise<EtcdServer> {
  const { store, host = '127.0.0.1', port = 0, tls } = options;
  const [grpc, codecs] = await Promise.all([import('@grpc/grpc-js'), loadCodecs()]);
  const server = new grpc.Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    // A port that is taken must be an error, not a second listener.
    'grpc.so_reuseport': 0,
  });
  const scheme = tls === undefined ? 'http' : 'https';

  const urls = (): string[] => [...(options.clientUrls ?? [`${scheme}://${host}:${String(bound)}`])];
  const handlers = unaryHandlers(store, () => ({ name: options.name ?? 'lab', clientUrls: urls() }));
  for (const [name, method] of Object.entries(served) as [keyof typeof served, ServedMethod<unknown, unknown>][]) {
    if (name === 'watch' || name === 'leaseKeepAlive') continue;
    const handler = handlers[name] as ((request: unknown) => Promise<unknown>) | undefined;
    if (handler === undefined) continue;
    addMethod(server, codecs, method, (call: ServerUnaryCall<unknown, unknown>, callback: Callback) => {
      handler(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(statusOf(grpc.status, error)),
      );
    });
  }
  addMethod(server, codecs, served.watch, (stream: WatchCall) => {
    new WatchSession(store, stream, (error) => statusOf(grpc.status, error));
  });
  addMethod(server, codecs, served.leaseKeepAlive, (stream: KeepAliveCall) => {
    keepLeasesAlive(store, stream, (error) => stream.emit('error', statusOf(grpc.status, error)));
  });

  const credentials =
    tls === undefined
      ? grpc.ServerCredentials.createInsecure()
      : grpc.ServerCredentials.createSsl(
          tls.clientCa === undefined ? null : Buffer.from(tls.clientCa),
          [{ cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) }],
          tls.clientCa !== undefined,
        );
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${host}:${String(port)}`, credentials, (error, value) =>
      error ? reject(error) : resolve(value),
    ),
  );

  return {
    port: bound,
    url: `${scheme}://${host}:${String(bound)}`,
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

type WatchCall = ServerDuplexStream<RequestOf<typeof served.watch>, ResponseOf<typeof served.watch>>;
type KeepAliveCall = ServerDuplexStream<
  RequestOf<typeof served.leaseKeepAlive>,
  ResponseOf<typeof served.leaseKeepAlive>
>;
type Callback = (error: { code: number; details: string } | null, response?: unknown) => void;

function unaryHandlers(store: KeyValueStore, self: () => { name: string; clientUrls: string[] }): Handlers {
  const header = async (): Promise<{ clusterId: number; memberId: number; revision: number; raftTerm: number }> => ({
    clusterId: 1,
    memberId: 1,
    revision: await presentRevision(store),
    raftTerm: 1,
  });
  return {
    range: async (request) => rangeResponseToWire(await answerRange(store, request)),
    put: async (request) => putResponseToWire(await store.put(await completePut(store, request))),
    deleteRange: async (request) => deleteRangeResponseToWire(await store.deleteRange(deleteRangeFromWire(request))),
    txn: async (request) => txnResponseToWire(await store.txn(txnFromWire(request))),
    compact: async (request) => {
      await store.compact(toNumber(request.revision));
      return { header: await header() };
    },
    leaseGrant: async ({ id, ttl }) => {
      const lease = await store.leases.grant({ ttlSeconds: toNumber(ttl), id: id.toString() });
      return { header: await header(), id: lease.id, ttl: lease.ttlSeconds };
    },
    leaseRevoke: async ({ id }) => {
      await store.leases.revoke(id.toString());
      return { header: await header() };
    },
    leaseTimeToLive: async ({ id, keys }) => {
      const lease = await store.leases.state(id.toString());
      // So etcd answers about a lease that it does not know.
      if (!lease) return { header: await header(), id: id.toString(), ttl: -1, grantedTtl: 0, keys: [] };
      const { remainingSeconds: ttl, grantedTtlSeconds: grantedTtl } = lease;
      return { header: await header(), id: lease.id, ttl, grantedTtl, keys: keys ? [...lease.keys] : [] };
    },
    leaseLeases: async () => ({ header: await header(), leases: (await store.leases.ids()).map((id) => ({ id })) }),
    status: async () => {
      const own = await header();
      return {
        header: own,
        version: VERSION,
        dbSize: 0,
        leader: 1,
        raftIndex: own.revision,
        raftTerm: 1,
        raftAppliedIndex: own.revision,
        errors: [],
        dbSizeInUse: 0,
        isLearner: false,
      };
    },
    alarm: async () => ({ header: await header(), alarms: [] }),
    memberList: async () => ({ header: await header(), members: [{ id: 1, peerUrls: [], ...self() }] }),
  };
}

function addMethod(
  server: { addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void },
  codecs: Codecs,
  { path, request, response, stream }: ServedMethod<unknown, unknown>,
  handler: UntypedServiceImplementation[string],
): void {
  const definition = {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: codecs(request).encode,
    requestDeserialize: codecs(request).decode,
    responseSerialize: codecs(response).encode,
    responseDeserialize: codecs(response).decode,
  };
  server.addService({ handler: definition }, { handler });
}

function keepLeasesAlive(store: KeyValueStore, stream: KeepAliveCall, onError: (error: unknown) => void): void {
  // Answers go out in the order of the questions.
  let answered = Promise.resolve();
  stream.on('data', ({ id }: RequestOf<typeof served.leaseKeepAlive>) => {
    answered = answered
      .then(async () => {
        const ttl = await store.leases.keepAlive(id.toString());
        const revision = await presentRevision(store);
        if (!stream.cancelled) stream.write({ header: { revision }, id: id.toString(), ttl });
      })
      .catch(onError);
  });
  stream.on('end', () => void answered.then(() => stream.end()));
  stream.on('error', () => undefined);
}

function statusOf(status: Record<string, unknown>, thrown: unknown): { code: number; details: string } {
  const error = toGlobalctlError(thrown);
  if (error instanceof EtcdCompactedError)
    return {
      code: status['OUT_OF_RANGE'] as number,
      details: 'etcdserver: mvcc: required revision has been compacted',
    };
  if (error.code === 'ETCD_FUTURE_REVISION') return { code: status['OUT_OF_RANGE'] as number, details: error.message };
  if (error.code === 'ETCD_UNREACHABLE') return { code: status['UNAVAILABLE'] as number, details: error.message };
  // What a real etcd behind this server answered keeps its status.
  if (isServiceError(error.cause)) return { code: Number(error.cause.code), details: error.message };
  const name = error instanceof EtcdRefusal ? error.grpcStatus : 'INTERNAL';
  return { code: status[name] as number, details: error.message };
}
