/**
 * `/openapi/v2`, in form only: title and version, no paths. Clients that find nothing here leave validation to the server, and take
 * what they need from version 3. kubectl still asks for it when a file holds a `List`.
 */
export function openApiV2(serverVersion: string): Record<string, unknown> {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: serverVersion }, paths: {} };
}

/** The media types by which client-go asks for gnostic's protobuf form of the document. */
export const OPENAPI_V2_PROTOBUF_REQUESTS: readonly string[] = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];

/** The media type that it is sent as; the `@` of the older name is not allowed in one. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The same document as message `openapi.v2.Document`: swagger (1), info (2: title 1, version 2), paths (8, empty). */
export function openApiV2Protobuf(serverVersion: string): Buffer {
  const info = Buffer.concat([bytesField(1, Buffer.from('Kubernetes')), bytesField(2, Buffer.from(serverVersion))]);
  return Buffer.concat([bytesField(1, Buffer.from('2.0')), bytesField(2, info), bytesField(8, Buffer.alloc(0))]);
}

/** One length-delimited field; all contents here are shorter than 128 bytes, so that the length is one byte. */
function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}
