import { GlobalctlError } from '../base/index.ts';

/** The gRPC statuses with which etcd refuses requests. */
export type RefusalStatus =
  'INVALID_ARGUMENT' | 'NOT_FOUND' | 'OUT_OF_RANGE' | 'FAILED_PRECONDITION' | 'UNIMPLEMENTED' | 'RESOURCE_EXHAUSTED';

/** A request that an etcd would refuse; the message is etcd's own, which its clients know. */
export class EtcdRefusal extends GlobalctlError {
  readonly grpcStatus: RefusalStatus;

  constructor(grpcStatus: RefusalStatus, message: string, subject?: string) {
    super('ETCD_REQUEST', { message: `etcdserver: ${message}`, subject });
    this.grpcStatus = grpcStatus;
  }
}

/** Refuses a request without a key, as every etcd does. */
export function requireKey(key: Uint8Array): void {
  if (key.length === 0) throw new EtcdRefusal('INVALID_ARGUMENT', 'key is not provided');
}
