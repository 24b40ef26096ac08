import { unsupportedMediaType } from '../status-error.ts';

/** Decodes a protobuf body (the `k8s\0` envelope). */
export function decodeProtobuf(_body: Buffer): unknown {
  throw unsupportedMediaType('protobuf is not understood yet');
}
