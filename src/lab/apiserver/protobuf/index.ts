/**
 * Protobuf bodies of requests: typed clients (kubectl create, helm's releases) send built-in kinds so. Decoded into the JSON of the
 * same object; answers are always JSON, which every client accepts.
 */
import { badRequest, unsupportedMediaType } from '../status-error.ts';
import { decodeMessage } from './decode-message.ts';
import { messageOfKind } from './message-types.ts';
import { wireFields } from './wire-reader.ts';

const MAGIC = Buffer.from('k8s\0', 'latin1');

/** Decodes a body with Kubernetes' envelope (`k8s\0` and a runtime.Unknown). Throws 415 for kinds that it does not know. */
export function decodeProtobuf(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, 4).equals(MAGIC)) throw badRequest('the body is not protobuf in the k8s envelope');
  let apiVersion = '';
  let kind = '';
  let raw = Buffer.alloc(0);
  for (const { number, value } of wireFields(body.subarray(4))) {
    if (typeof value === 'bigint') continue;
    if (number === 1)
      for (const field of wireFields(value)) {
        if (field.number === 1) apiVersion = String(field.value);
        if (field.number === 2) kind = String(field.value);
      }
    if (number === 2) raw = Buffer.from(value);
  }
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined)
    throw unsupportedMediaType(`${kind} of ${apiVersion} cannot be read as protobuf; send application/json`);
  return { apiVersion, kind, ...decodeMessage(message, raw) };
}
