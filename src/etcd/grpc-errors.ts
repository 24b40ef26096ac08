import type { ServiceError } from '@grpc/grpc-js';
import { GlobalctlError } from '../base/index.ts';
import { EtcdCompactedError } from './key-value-store.ts';

/** gRPC status codes that this module tells apart (the numbers are the protocol's). */
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const OUT_OF_RANGE = 11;
const UNAVAILABLE = 14;

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === 'number';
}

/** Whether no member took the request, so that another endpoint may. */
export function isUnavailable(error: unknown): boolean {
  return isServiceError(error) && Number(error.code) === UNAVAILABLE;
}

/** Turns a gRPC failure into the errors that KeyValueStore promises. */
export function fromGrpcError(error: unknown, endpoint: string): GlobalctlError {
  if (error instanceof GlobalctlError) return error;
  if (!isServiceError(error))
    return new GlobalctlError('ETCD_UNREACHABLE', { message: String(error), subject: endpoint, cause: error });
  const message = error.details === '' ? error.message : error.details;
  switch (Number(error.code)) {
    // etcd gives all of these the same status; only its text, which clients rely on, tells them apart.
    case OUT_OF_RANGE:
      if (message.includes('has been compacted')) return new EtcdCompactedError(0);
      if (message.includes('is a future revision'))
        return new GlobalctlError('ETCD_FUTURE_REVISION', { message, subject: endpoint, cause: error });
      return new GlobalctlError('ETCD_REQUEST', { message, subject: endpoint, cause: error });
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
    case CANCELLED:
      return new GlobalctlError('ETCD_UNREACHABLE', {
        message: `etcd does not answer: ${message}`,
        subject: endpoint,
        cause: error,
      });
    default:
      return new GlobalctlError('ETCD_REQUEST', { message, subject: endpoint, cause: error });
  }
}
