import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpenApiDocuments } from './open-api-documents.ts';
import { OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_REQUESTS, openApiV2, openApiV2Protobuf } from './open-api-v2.ts';

const PREFIX = '/openapi/v3';
const V2 = '/openapi/v2';
const YEAR_MS = 365 * 24 * 3600 * 1000;

export function isOpenApiPath(path: string): boolean {
  return path === V2 || path === PREFIX || path.startsWith(`${PREFIX}/`);
}

interface OpenApiExchange {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: Pick<IncomingMessage, 'headers'>;
  readonly response: ServerResponse;
  readonly accept: readonly { readonly type: string }[];
  sendJson(code: number, value: unknown): void;
}

/** Answers `/openapi/v2`, and what lies below `/openapi/v3`. 404 without a body for a document that does not exist. */
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
  const { response } = exchange;
  if (document === undefined) {
    response.writeHead(404).end();
    return;
  }
  const asked = exchange.query.get('hash') ?? '';
  if (asked !== '' && asked !== document.hash) {
    response.writeHead(301, { Location: `${PREFIX}/${path}?hash=${document.hash}` }).end();
    return;
  }
  response.setHeader('ETag', `"${document.hash}"`);
  response.setHeader('Vary', 'Accept');
  response.setHeader('Cache-Control', asked === '' ? 'no-cache, private' : 'public, immutable');
  if (asked !== '') response.setHeader('Expires', new Date(Date.now() + YEAR_MS).toUTCString());
  if (exchange.request.headers['if-none-match'] === `"${document.hash}"`) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(document.text),
  });
  response.end(document.text);
}
