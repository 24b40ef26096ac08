import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { KeyValueStore } from '../../../etcd/index.ts';
import { loadCodecs, type Codecs } from '../../../etcd/wire/codec.ts';
import { MAX_REQUEST_BYTES } from '../request-size.ts';
import { storeHandlers } from './handlers.ts';
import { identify } from './identity.ts';
import { keepLeasesAlive, type KeepAliveCall } from './keep-alive.ts';
import { maintenanceHandlers, snapshotPieces } from './maintenance.ts';
import { sendAll } from './send-all.ts';
import { statusOf } from './status-of.ts';
import { WatchSession } from './watch-service.ts';
import { served, type Handlers, type RequestOf, type ResponseOf, type ServedMethod } from './wire-methods.ts';

/** What etcd takes beside the request itself, for the message around it. */
const MESSAGE_OVERHEAD_BYTES = 512 * 1024;

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
  /** Tells it from other clusters whose members have the same name. */
  readonly clusterToken?: string | undefined;
  readonly clientUrls?: readonly string[] | undefined;
}

export interface EtcdServer {
  readonly port: number;
  /** `https://127.0.0.1:port` or `http://...` */
  readonly url: string;
  /** Ends all calls and frees the port. The store stays open. */
  close(): Promise<void>;
}

type WatchCall = ServerDuplexStream<RequestOf<typeof served.watch>, ResponseOf<typeof served.watch>>;
type SnapshotCall = ServerWritableStream<RequestOf<typeof served.snapshot>, ResponseOf<typeof served.snapshot>>;
type Callback = (error: { code: number; details: string } | null, response?: unknown) => void;

/** Serves the etcd v3 API over a store: KV, Watch, Lease, Maintenance, and what clients ask of Cluster and Auth. */
export async function startEtcdServer(options: EtcdServerOptions): Promise<EtcdServer> {
  const { store, host = '127.0.0.1', port = 0, tls } = options;
  const [grpc, codecs] = await Promise.all([import('@grpc/grpc-js'), loadCodecs()]);
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES + MESSAGE_OVERHEAD_BYTES,
    'grpc.max_send_message_length': -1,
    // A port that is taken must be an error, not a second listener.
    'grpc.so_reuseport': 0,
    // Channelz stays on: without it the library forgets its connections, and a server that was closed goes on answering.
  });
  const scheme = tls === undefined ? 'http' : 'https';
  const identity = identify(options.name ?? 'lab', options.clusterToken);
  const { header } = identity;
  const failure = (error: unknown): { code: number; details: string } => statusOf(grpc.status, error);

  const handlers: Handlers = {
    ...storeHandlers(store, identity, () => options.clientUrls ?? [`${scheme}://${host}:${String(bound)}`]),
    ...maintenanceHandlers(store, identity, codecs),
  };
  for (const [name, handler] of Object.entries(handlers) as [keyof Handlers, UnaryHandler][])
    addMethod(server, codecs, served[name], (call: ServerUnaryCall<unknown, unknown>, callback: Callback) => {
      handler(call.request).then(
        (response) => callback(null, response),
        (error: unknown) => callback(failure(error)),
      );
    });
  addMethod(server, codecs, served.watch, (stream: WatchCall) => {
    new WatchSession({ store, stream, header, statusOf: failure });
  });
  addMethod(server, codecs, served.leaseKeepAlive, (stream: KeepAliveCall) => {
    keepLeasesAlive(store, stream, { header, onError: (error) => stream.emit('error', failure(error)) });
  });
  addMethod(server, codecs, served.snapshot, (stream: SnapshotCall) => {
    sendAll(stream, snapshotPieces(store, identity, codecs)).catch((error: unknown) => {
      stream.emit('error', failure(error));
    });
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

type UnaryHandler = (request: unknown) => Promise<unknown>;

function addMethod(
  server: { addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void },
  codecs: Codecs,
  { path, request, response, streams }: Omit<ServedMethod<unknown, unknown>, 'types'>,
  handler: UntypedServiceImplementation[string],
): void {
  const definition = {
    path,
    requestStream: streams === 'both',
    responseStream: streams !== 'none',
    requestSerialize: codecs(request).encode,
    requestDeserialize: codecs(request).decode,
    responseSerialize: codecs(response).encode,
    responseDeserialize: codecs(response).decode,
  };
  server.addService({ handler: definition }, { handler });
}
