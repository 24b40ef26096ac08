import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { KubeApiError } from '../../../kube/index.ts';
import type { UserInfo } from '../user-info.ts';
import { auditEvent, type AuditLog } from '../audit/index.ts';
import type { AccessGate } from '../auth/access-gate.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { Reviews } from '../auth/reviews.ts';
import type { Discovery } from '../discovery.ts';
import { isOpenApiPath, serveOpenApi, type OpenApiDocuments } from '../openapi/index.ts';
import { badRequest, internalError, methodNotAllowed, noSuchResource } from '../status-error.ts';
import { Exchange } from './exchange.ts';
import { healthPath, healthPaths, sendHealth } from './health.ts';
import { parseRequest, type RequestInfo } from './request-info.ts';
import type { ResourceHandler } from './resource-handler.ts';
import { versionInfo } from './version-info.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const NOT_FOUND = '404 page not found\n';

export interface RouterParts {
  readonly authenticator: Authenticator;
  readonly access: AccessGate;
  readonly reviews: Reviews;
  readonly discovery: Discovery;
  readonly openApi: OpenApiDocuments;
  readonly resources: ResourceHandler;
  /** `gitVersion` of `/version`. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly audit: AuditLog | undefined;
}

/** Finds out who asks and what for, and has it answered. */
export class Router {
  readonly #parts: RouterParts;

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** Answers one request. Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authenticator, access, audit } = this.#parts;
    const known: Known = {};
    if (audit) this.#auditWhenAnswered(audit, request, response, known);
    try {
      const { url, info } = addressOf(request);
      known.info = info;
      known.sender = await authenticator.authenticate(request);
      known.user = await access.impersonate(known.sender, request);
      await this.#route(new Exchange(request, response, url, known.user), info);
    } catch (error) {
      sendFailure(response, error);
    }
  }

  #auditWhenAnswered(
    audit: AuditLog,
    request: IncomingMessage,
    response: ServerResponse,
    known: Readonly<Known>,
  ): void {
    const { now } = this.#parts;
    const receivedMs = now();
    const sourceIp = request.socket.remoteAddress ?? '';
    response.once('close', () => {
      const { info, sender, user } = known;
      const event = auditEvent({
        id: randomUUID(),
        method: request.method ?? 'GET',
        uri: request.url ?? '/',
        user: sender,
        impersonated: user === sender ? undefined : user,
        info,
        sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
        code: response.statusCode,
        receivedMs,
        answeredMs: now(),
      });
      audit.write(event);
    });
  }

  async #route(exchange: Exchange, info: RequestInfo | undefined): Promise<void> {
    const { user } = exchange;
    if (!info) return await this.#routePath(exchange);
    await this.#parts.access.checkResource(user, info);
    const review = findReview(info);
    if (review) return await this.#parts.reviews.handle(exchange, review, info.namespace);
    await this.#parts.resources.handle(exchange, info);
  }

  async #routePath(exchange: Exchange): Promise<void> {
    const { path, user, method } = exchange;
    await this.#parts.access.checkPath(user, method, path);
    if (isOpenApiPath(path)) return serveOpenApi(this.#parts.openApi, exchange);
    const served = this.#documentAt(path);
    if (!served) return exchange.sendText(404, NOT_FOUND);
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
    served(exchange);
  }

  /** What answers at an address that is no resource; undefined when nothing does. */
  #documentAt(path: string): ((exchange: Exchange) => void) | undefined {
    const health = healthPath(path);
    if (health) return (exchange) => sendHealth(exchange, health);
    if (path === '/version' || path === '/version/')
      return (exchange) => exchange.sendJson(200, versionInfo(this.#parts.version));
    if (path === '/') return (exchange) => exchange.sendJson(200, { paths: this.#paths() });
    const [root, first = '', second, ...rest] = path.split('/').filter((p) => p !== '');
    if ((root !== 'api' && root !== 'apis') || rest.length > 0) return undefined;
    if (first === '') return (exchange) => this.#discoverRoot(exchange, root === 'api');
    const { discovery } = this.#parts;
    if (root === 'apis' && second === undefined) {
      const group = discovery.group(first);
      return group && ((exchange) => exchange.sendJson(200, group));
    }
    const [group, version] = root === 'api' ? ['', first] : [first, second ?? ''];
    const list = discovery.resourceList(group, version);
    if (list) return (exchange) => exchange.sendJson(200, list);
    // A version that is not served belongs to whoever serves the group, and that is a Status.
    if (discovery.groups().has(group)) throw noSuchResource();
    return undefined;
  }

  /** All addresses but those of single resources, in order, as `/` lists them. */
  #paths(): string[] {
    const groups = [...this.#parts.discovery.groups()].flatMap(([group, versions]) =>
      group === ''
        ? versions.map((version) => `/api/${version}`)
        : [`/apis/${group}`, ...versions.map((version) => `/apis/${group}/${version}`)],
    );
    const documents = Object.keys(this.#parts.openApi.index().paths).map((path) => `/openapi/v3/${path}`);
    return ['/api', '/apis', ...groups, ...healthPaths, '/openapi/v2', '/openapi/v3', ...documents, '/version'].sort();
  }

  #discoverRoot(exchange: Exchange, core: boolean): void {
    const { discovery } = this.#parts;
    const aggregated = exchange.accept.some(
      ({ parameters: p }) => p.as === 'APIGroupDiscoveryList' && p.g === 'apidiscovery.k8s.io' && p.v === 'v2',
    );
    if (aggregated) return exchange.sendTagged(discovery.aggregated(core), AGGREGATED);
    exchange.sendJson(200, core ? discovery.coreVersions() : discovery.groupList());
  }
}

/** What has been found out about a request so far. */
interface Known {
  info?: RequestInfo | undefined;
  sender?: UserInfo;
  user?: UserInfo;
}

/** Throws BadRequest for an address that is none, such as one with a broken escape. */
function addressOf(request: IncomingMessage): { url: URL; info: RequestInfo | undefined } {
  try {
    const url = new URL(request.url ?? '/', 'https://localhost');
    return { url, info: parseRequest(request.method ?? 'GET', url.pathname, url.searchParams) };
  } catch {
    throw badRequest(`the address ${JSON.stringify(request.url)} cannot be read`);
  }
}

function findReview(info: RequestInfo): ReturnType<typeof Reviews.find> {
  return info.name === undefined ? Reviews.find(info.group, info.version, info.plural) : undefined;
}

/** Sends what was thrown as a Status. A defect of the server shows its message and no more. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const failure =
    error instanceof KubeApiError ? error : internalError(error instanceof Error ? error.message : String(error));
  const { status } = failure;
  const { reason, ...unreasoned } = status;
  const text = `${JSON.stringify(reason === '' ? unreasoned : status)}\n`;
  response.statusCode = status.code;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (status.details?.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', status.details.retryAfterSeconds);
  response.end(text);
}
