import type { ServerResponse } from 'node:http';
import { noSuchResource } from '../status-error.ts';
import type { OpenApiDocuments } from './open-api-documents.ts';
import { OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_REQUESTS, openApiV2, openApiV2Protobuf } from './open-api-v2.ts';

const PREFIX = '/openapi/v3';
const V2 = '/openapi/v2';

export function isOpenApiPath(path: string): boolean {
  return path === V2 || path === PREFIX || path.startsWith(`${PREFIX}/`);
}

interface OpenApiExchange {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  readonly accept: readonly { readonly type: string }[];
  sendJson(code: number, value: unknown): void;
}

/** Answers `/openapi/v2`, and what lies below `/openapi/v3`. Throws 404 for a document that does not exist. */
export function serveOpenApi(documents: OpenApiDocuments, exchange: OpenApiExchange): void {
  if (exchange.path === V2) serveV2(documents.serverVersion, exchange);
  else serveV3(documents, exchange);
}

function serveV2(serverVersion: string, exchange: OpenApiExchange): void {
  const wantsProtobuf = exchange.accept.some(({ type }) => OPENAPI_V2_PROTOBUF_REQUESTS.includes(type));
  if (!wantsProtobuf) {
    exchange.sendJson(200, openApiV2(serverVersion));
    return;
  }
  const body = openApiV2Protobuf(serverVersion);
  exchange.response.writeHead(200, { 'Content-Type': OPENAPI_V2_PROTOBUF, 'Content-Length': body.length });
  exchange.response.end(body);
}

/** An address that carries the hash of its document may be kept for good, which is how clients save themselves the download. */
function serveV3(documents: OpenApiDocuments, exchange: OpenApiExchange): void {
  const path = exchange.path.slice(PREFIX.length).replace(/^\/+|\/+$/g, '');
  if (path === '') {
    exchange.sendJson(200, documents.index());
    return;
  }
  const document = documents.document(path);
  if (document === undefined) throw noSuchResource();
  const { response } = exchange;
  const isPinned = exchange.query.get('hash') === document.hash;
  response.statusCode = 200;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(document.text));
  response.setHeader('ETag', `"${document.hash}"`);
  response.setHeader('Cache-Control', isPinned ? 'public, immutable' : 'no-cache, private');
  response.end(document.text);
}
