import { badRequest } from '../status-error.ts';

/** A field as it stands on the wire: a number for varints and fixed sizes, bytes for the rest. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

function truncated(): Error {
  return badRequest('error decoding the protobuf body: unexpected end');
}

/** The fields of one protobuf message, in their order. Throws BadRequest for bytes that are none. */
export function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw truncated();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw truncated();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: take(8) };
        break;
      case 2:
        yield { number, value: take(Number(varint())) };
        break;
      case 5:
        yield { number, value: take(4) };
        break;
      default:
        throw badRequest(`error decoding the protobuf body: wire type ${String(tag & 7)} is not understood`);
    }
  }
}
