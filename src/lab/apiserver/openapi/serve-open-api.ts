import type { ServerResponse } from 'node:http';
import { noSuchResource } from '../status-error.ts';
import type { OpenApiDocuments } from './open-api-documents.ts';

const PREFIX = '/openapi/v3';

export function isOpenApiPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`);
}

interface OpenApiExchange {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  sendJson(code: number, value: unknown): void;
}

/**
 * Answers below `/openapi/v3`. An address that carries the hash of its document may be kept for good, which is how clients
 * save themselves the download.
 */
export function serveOpenApi(documents: OpenApiDocuments, exchange: OpenApiExchange): void {
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
