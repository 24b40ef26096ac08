import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, type Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createGzip, gzip, constants } from 'node:zlib';
import { LineCounter, parseDocument, stringify as formatYaml } from 'yaml';
import type { UserInfo } from '../user-info.ts';
import { drained } from '../drained.ts';
import { duplicateFields, type RepeatedField } from '../duplicate-fields.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../status-error.ts';
import { parseAccept, parseMediaType, type Encoding, type MediaType } from './media-type.ts';

/** kube-apiserver's limit on request bodies. */
const BODY_LIMIT = 3 * 1024 * 1024;
/** kube-apiserver compresses answers from this size on, at the fastest level. */
const GZIP_FROM_BYTES = 128 * 1024;
const compress = promisify(gzip);
const EMPTY = Buffer.alloc(0);

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
  /** What the body that was read has twice. */
  readonly repeatedFields: RepeatedField[] = [];

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
    if (type.endsWith('yaml') || type.endsWith('json') || type === '*/*' || type === '')
      return this.#parse(body.toString('utf8'), type);
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }

  #parse(text: string, type: string): unknown {
    try {
      if (type.endsWith('yaml') && !text.trimStart().startsWith('{')) return this.#parseYaml(text);
      const value = JSON.parse(text) as unknown;
      for (const path of duplicateFields(text, value)) {
        const warning = `duplicate field ${JSON.stringify(path)}`;
        this.repeatedFields.push({ path, strict: warning, warning });
      }
      return value;
    } catch (error) {
      throw badRequest(`error decoding the request body: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #parseYaml(text: string): unknown {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    for (const error of document.errors) {
      if (error.code !== 'DUPLICATE_KEY') throw error;
      const key = /^\s*([^\s:]+)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
      const warning = `line ${String(lines.linePos(error.pos[0]).line)}: key ${JSON.stringify(key)} already set in map`;
      this.repeatedFields.push({ path: '', strict: `yaml: unmarshal errors:\n  ${warning}`, warning });
    }
    return document.toJS() as unknown;
  }

  sendJson(code: number, value: unknown, contentType = 'application/json'): void {
    this.sendBytes(code, Buffer.from(`${JSON.stringify(value)}\n`), contentType);
  }

  /** Sends a body that is JSON already. */
  sendBytes(code: number, body: Buffer, contentType = 'application/json'): void {
    if (body.length >= GZIP_FROM_BYTES && this.#acceptsGzip()) {
      void this.#sendCompressed(code, contentType, body);
      return;
    }
    this.#head(code, contentType, body.length);
    this.response.end(body);
  }

  /** Sends a JSON body whose pieces are made as the client takes them; other requests have their turn in between. */
  async sendPieces(code: number, pieces: Iterable<Buffer>): Promise<void> {
    let sink: Writable | undefined;
    let held: Buffer = EMPTY;
    for (const piece of pieces) {
      if (held.length > 0) {
        sink ??= this.#openBody(code);
        if (sink.write(held)) await setImmediate();
        else await drained(sink);
        if (sink.destroyed) return;
      }
      held = piece;
    }
    // One piece alone goes out with its length.
    if (sink) sink.end(held);
    else this.sendBytes(code, held);
  }

  /** What to write a body of unknown length to. */
  #openBody(code: number): Writable {
    const { response } = this;
    const compressed = this.#acceptsGzip();
    if (compressed) this.#announceGzip();
    this.#head(code, 'application/json');
    if (!compressed) return response;
    const sink = createGzip({ level: constants.Z_BEST_SPEED });
    // A client that goes away ends it; nobody is left to tell.
    pipeline(sink, response, () => undefined);
    return sink;
  }

  /** A document that clients keep: with its hash as ETag, and 304 for who has it already. */
  sendTagged(value: unknown, contentType: string): void {
    const hash = createHash('sha512').update(JSON.stringify(value)).digest('hex').toUpperCase();
    this.response.setHeader('ETag', `"${hash}"`);
    this.response.setHeader('Vary', 'Accept');
    if (this.request.headers['if-none-match'] === `"${hash}"`) {
      this.response.writeHead(304).end();
      return;
    }
    this.sendJson(200, value, contentType);
  }

  /** The value in the encoding that the client asked for. */
  sendValue(code: number, value: unknown, encoding: Encoding): void {
    if (encoding === 'json') {
      this.sendJson(code, value);
      return;
    }
    const text = formatYaml(value, { sortMapEntries: true, version: '1.1', lineWidth: 0 });
    this.#head(code, 'application/yaml', Buffer.byteLength(text));
    this.response.end(text);
  }

  #acceptsGzip(): boolean {
    return /\bgzip\b/.test(String(this.request.headers['accept-encoding'] ?? ''));
  }

  #announceGzip(): void {
    this.response.setHeader('Content-Encoding', 'gzip');
    this.response.setHeader('Vary', 'Accept-Encoding');
  }

  async #sendCompressed(code: number, contentType: string, plain: Buffer): Promise<void> {
    const body = await compress(plain, { level: constants.Z_BEST_SPEED });
    if (this.response.destroyed) return;
    this.#announceGzip();
    this.#head(code, contentType, body.length);
    this.response.end(body);
  }

  sendText(code: number, text: string): void {
    this.#head(code, 'text/plain; charset=utf-8', Buffer.byteLength(text));
    this.response.end(text);
  }

  /** Success, without any content. */
  sendNothing(): void {
    this.response.statusCode = 204;
    this.response.end();
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
    response.setHeader('Cache-Control', response.hasHeader('ETag') ? 'public' : 'no-cache, private');
    if (length !== undefined) response.setHeader('Content-Length', length);
    if (this.warnings.length > 0)
      response.setHeader(
        'Warning',
        this.warnings.map((w) => `299 - ${JSON.stringify(w)}`),
      );
  }
}
