import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { KeyValueStore } from '../../../etcd/index.ts';
import type { HeaderFor } from './identity.ts';
import { presentRevision } from './present-revision.ts';
import type { RequestOf, ResponseOf, served } from './wire-methods.ts';

export type KeepAliveCall = ServerDuplexStream<
  RequestOf<typeof served.leaseKeepAlive>,
  ResponseOf<typeof served.leaseKeepAlive>
>;

/** Answers each question on the stream in the order of the questions, with 0 seconds for a lease that is gone. */
export function keepLeasesAlive(
  store: KeyValueStore,
  stream: KeepAliveCall,
  options: { readonly header: HeaderFor; readonly onError: (error: unknown) => void },
): void {
  let answered = Promise.resolve();
  stream.on('data', ({ id }: RequestOf<typeof served.leaseKeepAlive>) => {
    answered = answered
      .then(async () => {
        const ttl = await store.leases.keepAlive(id.toString());
        const header = options.header(await presentRevision(store));
        if (!stream.cancelled) stream.write({ header, id: id.toString(), ttl });
      })
      .catch(options.onError);
  });
  stream.on('end', () => void answered.then(() => stream.end()));
  stream.on('error', () => undefined);
}
