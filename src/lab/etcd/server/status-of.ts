import { toGlobalctlError } from '../../../base/index.ts';
import { isServiceError } from '../../../etcd/grpc-errors.ts';
import { EtcdCompactedError, EtcdRefusal } from '../../../etcd/index.ts';

export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

/** The gRPC status with which etcd would tell of an error. `codes` are the numbers of the protocol by name. */
export function statusOf(codes: Record<string, unknown>, thrown: unknown): GrpcStatus {
  const error = toGlobalctlError(thrown);
  const status = (name: string, details: string): GrpcStatus => ({ code: codes[name] as number, details });
  if (error instanceof EtcdCompactedError)
    return status('OUT_OF_RANGE', 'etcdserver: mvcc: required revision has been compacted');
  if (error instanceof EtcdRefusal) return status(error.grpcStatus, error.message);
  if (error.code === 'ETCD_FUTURE_REVISION')
    return status('OUT_OF_RANGE', 'etcdserver: mvcc: required revision is a future revision');
  if (error.code === 'ETCD_UNREACHABLE') return status('UNAVAILABLE', error.message);
  // What a real etcd behind this server answered keeps its status.
  if (isServiceError(error.cause)) return { code: Number(error.cause.code), details: error.message };
  return status('INTERNAL', error.message);
}
