import { GlobalctlError } from '../base/index.ts';
import type { EtcdConnection } from './connection.ts';
import { fromGrpcError } from './grpc-errors.ts';
import type { LeaseKeeper, LeaseState } from './key-value-store.ts';
import { toNumber } from './wire/convert.ts';
import { methods } from './wire/methods.ts';

/** The leases of a real etcd. */
export class LeaseClient implements LeaseKeeper {
  readonly #connection: EtcdConnection;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  async grant({ ttlSeconds, id = '0' }: { ttlSeconds: number; id?: string | undefined }): Promise<{
    id: string;
    ttlSeconds: number;
  }> {
    const granted = await this.#connection.call(methods.leaseGrant, { id, ttl: ttlSeconds }, false);
    return { id: granted.id.toString(), ttlSeconds: toNumber(granted.ttl) };
  }

  /** The protocol keeps leases alive on a stream; one question and its answer make a stream here. */
  async keepAlive(id: string): Promise<number> {
    const { stream, endpoint } = this.#connection.stream(methods.leaseKeepAlive);
    return await new Promise<number>((resolve, reject) => {
      stream.once('data', (answer: { ttl: { toNumber(): number } }) => {
        resolve(toNumber(answer.ttl));
        stream.cancel();
      });
      stream.on('error', (error) => reject(fromGrpcError(error, endpoint)));
      stream.once('end', () =>
        reject(new GlobalctlError('ETCD_UNREACHABLE', { message: 'etcd ended the keep-alive', subject: endpoint })),
      );
      stream.write({ id });
      stream.end();
    });
  }

  async state(id: string): Promise<LeaseState | undefined> {
    const lease = await this.#connection.call(methods.leaseTimeToLive, { id, keys: true }, true);
    const remainingSeconds = toNumber(lease.ttl);
    // -1 is etcd's answer about a lease that it does not know.
    if (remainingSeconds < 0) return undefined;
    return { id, remainingSeconds, grantedTtlSeconds: toNumber(lease.grantedTtl), keys: lease.keys };
  }

  async ids(): Promise<string[]> {
    const { leases } = await this.#connection.call(methods.leaseLeases, {}, true);
    return leases.map((lease) => lease.id.toString());
  }

  async revoke(id: string): Promise<void> {
    await this.#connection.call(methods.leaseRevoke, { id }, false);
  }
}
