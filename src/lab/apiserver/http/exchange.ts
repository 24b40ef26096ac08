import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseYaml } from 'yaml';
import type { UserInfo } from '../api-context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../status-error.ts';
import { parseAccept, parseMediaType, type MediaType } from './media-type.ts';

/** kube-apiserver's limit on request bodies. */
const BODY_LIMIT = 3 * 1024 * 1024;

/** One request and its answer, with what all handlers need of both. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  readonly accept: readonly MediaType[];
  /** Sent as Warning headers; clients print them. */
  readonly warnings: string[] = [];

  constructor(request: IncomingMessage, response: ServerResponse, url: URL, user: UserInfo) {
    this.request = request;
    this.response = response;
    this.path = url.pathname;
    this.query = url.searchParams;
    this.user = user;
    this.accept = parseAccept(request.headers.accept);
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  get contentType(): MediaType {
    return parseMediaType(this.request.headers['content-type'] ?? 'application/json');
  }

  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > BODY_LIMIT) throw tooLarge(BODY_LIMIT);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The body as a JSON value, whatever of JSON, YAML and protobuf it came in; undefined when there is none. */
  async bodyValue(): Promise<unknown> {
    const body = await this.body();
    if (body.length === 0) return undefined;
    const { type } = this.contentType;
    if (type === 'application/vnd.kubernetes.protobuf') return decodeProtobuf(body);
    if (type.endsWith('yaml') || type.endsWith('json') || type === '*/*' || type === '') return parseText(body, type);
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`,
    );
  }

  sendJson(code: number, value: unknown, contentType = 'application/json'): void {
    const text = JSON.stringify(value);
    this.#head(code, contentType, Buffer.byteLength(text) + 1);
    this.response.end(`${text}\n`);
  }

  sendText(code: number, text: string): void {
    this.#head(code, 'text/plain; charset=utf-8', Buffer.byteLength(text));
    this.response.end(text);
  }

  /** Headers of an answer that goes on; returns the response to write to. */
  openStream(contentType: string): ServerResponse {
    this.#head(200, contentType);
    this.response.flushHeaders();
    return this.response;
  }

  #head(code: number, contentType: string, length?: number): void {
    const { response } = this;
    response.statusCode = code;
    response.setHeader('Content-Type', contentType);
    response.setHeader('Cache-Control', 'no-cache, private');
    if (length !== undefined) response.setHeader('Content-Length', length);
    if (this.warnings.length > 0)
      response.setHeader(
        'Warning',
        this.warnings.map((w) => `299 - ${JSON.stringify(w)}`),
      );
  }
}

function parseText(body: Buffer, type: string): unknown {
  const text = body.toString('utf8');
  try {
    if (!type.endsWith('yaml') || text.trimStart().startsWith('{')) return JSON.parse(text) as unknown;
    return parseYaml(text) as unknown;
  } catch (error) {
    throw badRequest(`error decoding the request body: ${error instanceof Error ? error.message : String(error)}`);
  }
}
