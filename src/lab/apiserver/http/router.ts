import type { IncomingMessage, ServerResponse } from 'node:http';
import { KubeApiError, type KubeStatus } from '../../../kube/index.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Discovery } from '../discovery.ts';
import { isOpenApiPath, serveOpenApi, type OpenApiDocuments } from '../openapi/index.ts';
import { internalError, noSuchResource } from '../status-error.ts';
import { Exchange } from './exchange.ts';
import { parseRequest } from './request-info.ts';
import type { ResourceHandler } from './resource-handler.ts';
import { versionInfo } from './version-info.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Finds out who asks and what for, and has it answered. */
export class Router {
  readonly #authenticator: Authenticator;
  readonly #discovery: Discovery;
  readonly #openApi: OpenApiDocuments;
  readonly #resources: ResourceHandler;
  readonly #version: string;

  constructor(parts: {
    authenticator: Authenticator;
    discovery: Discovery;
    openApi: OpenApiDocuments;
    resources: ResourceHandler;
    version: string;
  }) {
    this.#authenticator = parts.authenticator;
    this.#discovery = parts.discovery;
    this.#openApi = parts.openApi;
    this.#resources = parts.resources;
    this.#version = parts.version;
  }

  /** Answers one request. Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', 'https://localhost');
      const user = await this.#authenticator.authenticate(request);
      await this.#route(new Exchange(request, response, url, user));
    } catch (error) {
      sendFailure(response, error);
    }
  }

  async #route(exchange: Exchange): Promise<void> {
    const { path } = exchange;
    if (/^\/(healthz|readyz|livez)(\/|$)/.test(path)) return exchange.sendText(200, 'ok');
    if (path === '/version' || path === '/version/') return exchange.sendJson(200, versionInfo(this.#version));
    if (isOpenApiPath(path)) return serveOpenApi(this.#openApi, exchange);
    const info = parseRequest(exchange.method, path, exchange.query);
    if (info) return await this.#resources.handle(exchange, info);
    this.#discover(exchange);
  }

  #discover(exchange: Exchange): void {
    const parts = exchange.path.split('/').filter((p) => p !== '');
    const [root, group = '', version] = parts;
    if (root !== 'api' && root !== 'apis') throw noSuchResource();
    if (parts.length === 1) return this.#discoverRoot(exchange, root === 'api');
    const document =
      root === 'api'
        ? this.#discovery.resourceList('', group)
        : version === undefined
          ? this.#discovery.group(group)
          : this.#discovery.resourceList(group, version);
    if (!document) throw noSuchResource();
    exchange.sendJson(200, document);
  }

  #discoverRoot(exchange: Exchange, core: boolean): void {
    const { accept } = exchange;
    const aggregated = accept.some(
      ({ parameters: p }) => p.as === 'APIGroupDiscoveryList' && p.g === 'apidiscovery.k8s.io' && p.v === 'v2',
    );
    if (aggregated) return exchange.sendJson(200, this.#discovery.aggregated(core), AGGREGATED);
    exchange.sendJson(200, core ? this.#discovery.coreVersions() : this.#discovery.groupList());
  }
}

/** Sends what was thrown as a Status. A defect of the server shows its message and no more. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const failure =
    error instanceof KubeApiError ? error : internalError(error instanceof Error ? error.message : String(error));
  const status: KubeStatus = failure.status;
  const text = `${JSON.stringify(status)}\n`;
  response.statusCode = status.code;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (status.details?.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', status.details.retryAfterSeconds);
  response.end(text);
}
