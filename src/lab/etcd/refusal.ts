import { GlobalctlError } from '../../base/index.ts';

/** The gRPC statuses with which etcd refuses requests. */
export type RefusalStatus = 'INVALID_ARGUMENT' | 'NOT_FOUND' | 'FAILED_PRECONDITION' | 'UNIMPLEMENTED';

/** A request that etcd would refuse; the message is etcd's own, which its clients know. */
export class EtcdRefusal extends GlobalctlError {
  readonly grpcStatus: RefusalStatus;

  constructor(grpcStatus: RefusalStatus, message: string, subject?: string) {
    super('ETCD_REQUEST', { message: `etcdserver: ${message}`, subject });
    this.grpcStatus = grpcStatus;
  }
}
