import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerOptions as ServerTls } from 'node:https';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toGlobalctlError, type Clock } from '../../../base/index.ts';
import type { AccessKeeper } from '../access-keeper.ts';
import type { Access, SecureAccess } from '../access.ts';
import type { InstallerLog } from '../log.ts';
import { progressOf } from '../progress.ts';
import type { RequestDesk } from '../request-desk.ts';
import type { StateView } from '../state/index.ts';
import { httpRefusals, refuse, type AcceptedBody, type ErrorBody } from './answers.ts';
import { serveEvents } from './event-stream.ts';
import { parseJsonBody, type JsonBody } from './json-body.ts';
import { METRICS_TYPE, MetricsPage, renderInstallation, renderProcess, RequestMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { paths } from './paths.ts';

/** Room for long certificate chains; what the state's Secret holds of it stays below the 1 MiB of a Secret. */
const LARGEST_BODY_BYTES = 256 * 1024;
const REQUEST_LIMIT_MS = 30_000;
/** A replica that has not heard from its cluster for this long is not ready. */
const SILENCE_MS = 60_000;

export interface ServerOptions {
  readonly desk: RequestDesk;
  readonly view: StateView;
  readonly access: AccessKeeper;
  readonly log: InstallerLog;
  readonly clock: Clock;
  /** Whether this replica does the work at present. */
  readonly leads: () => boolean;
  /** Ends the streams, which would last for ever. */
  readonly signal: AbortSignal;
}

/** The installer's REST API. Bodies are never logged, and no answer quotes one. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { access } = options;
  // A megabyte and a half of code that a lab needs only when its installer comes up.
  const { fastify } = await import('fastify');
  const common = {
    logger: false,
    bodyLimit: LARGEST_BODY_BYTES,
    forceCloseConnections: true,
    requestTimeout: REQUEST_LIMIT_MS,
  } as const;
  const { current } = access;
  if (current.mode === 'plain') {
    const server = fastify(common);
    fill(server, options);
    return server;
  }
  const server = fastify({ ...common, https: tlsOf(current) });
  access.onChange(() => {
    // Connections that last keep their certificate; each of their calls is asked for the token that counts now.
    if (access.current.mode === 'secure') server.server.setSecureContext(tlsOf(access.current));
  });
  fill(server, options);
  return server;
}

/** Routes, hooks and refusals. */
function fill(server: FastifyInstance, options: ServerOptions): void {
  const { desk, view, access, clock } = options;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    if (isOpen(request) || isAuthorized(access.current, request.headers.authorization)) return;
    await refuse(reply.header('www-authenticate', 'Bearer'), 401);
  });

  server.post(paths.submit, async (request, reply) => {
    const answer = await desk.submit(request.body as JsonBody);
    switch (answer.outcome) {
      case 'accepted':
        return await reply.code(200).send({
          status: 'Accepted',
          progress: paths.progress,
          warnings: [...answer.warnings],
        } satisfies AcceptedBody);
      case 'busy': {
        const { status, step, percentage } = progressOf(answer.running);
        const running = { acceptedAt: answer.running.acceptedAt, status, step, percentage };
        const body: ErrorBody = { code: 'INSTALLER_BUSY', message: answer.message, running };
        return await reply.code(409).send(body);
      }
      case 'invalid': {
        const [code, message] = ['INSTALLER_REQUEST_INVALID', 'the request is not valid'] as const;
        const body: ErrorBody = { code, message, faults: [...answer.faults] };
        return await reply.code(422).send(body);
      }
    }
  });
  server.get(paths.progress, (_request, reply) =>
    view.contactMs === undefined ? refuse(reply, 503) : reply.send(progressOf(view.state)),
  );
  server.get(paths.health, (_request, reply) => reply.send({ status: 'ok' }));
  server.get(paths.readiness, (_request, reply) => {
    const heardMs = view.contactMs;
    if (heardMs !== undefined && clock.now() - heardMs < SILENCE_MS) return reply.send({ status: 'ready' });
    const body: ErrorBody = { code: 'INSTALLER_NOT_READY', message: 'the API server has not answered for a minute' };
    return reply.code(503).send(body);
  });

  const document = openApiDocument(access.current.mode === 'secure');
  server.get(paths.openapi, (_request, reply) => reply.send(document));
  serveEvents(server, options);
  serveMetrics(server, options);
  answerRefusals(server, options);
}

function tlsOf({ tls }: SecureAccess): ServerTls {
  return { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' };
}

function serveMetrics(server: FastifyInstance, { view, clock, leads }: ServerOptions): void {
  const requests = new RequestMetrics();
  server.addHook('onResponse', (request, reply, done) => {
    const { url: route } = request.routeOptions;
    const { method } = request;
    requests.observe({ method, path: route ?? 'other', status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    done();
  });
  server.get(paths.metrics, (_request, reply) => {
    const page = new MetricsPage();
    renderInstallation(page, view.state, { leads: leads(), nowMs: clock.now(), heardMs: view.contactMs });
    requests.render(page);
    renderProcess(page);
    return reply.type(METRICS_TYPE).send(String(page));
  });
}

function answerRefusals(server: FastifyInstance, { log }: ServerOptions): void {
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = (['GET', 'HEAD', 'POST'] as const).filter((method) => server.hasRoute({ method, url: path }));
    return methods.length === 0 ? refuse(reply, 404) : refuse(reply.header('allow', methods.join(', ')), 405);
  });
  server.setErrorHandler((thrown: Error & { readonly statusCode?: number }, _request, reply: FastifyReply) => {
    const { statusCode } = thrown;
    if (statusCode !== undefined && statusCode in httpRefusals)
      return refuse(reply, statusCode as keyof typeof httpRefusals);
    // What else is wrong with the form of a call, a bad length for one.
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return refuse(reply, 400);
    const { code, message } = toGlobalctlError(thrown);
    const text = log.redactor.redact(message);
    log.write('WARN', 'installer', `a request could not be answered: ${code}: ${text}`);
    const body: ErrorBody = { code, message: text };
    return reply.code(503).send(body);
  });
}

/** Probes carry no token, and what the API looks like is no secret. */
function isOpen(request: FastifyRequest): boolean {
  const path = request.url.split('?')[0];
  return path === paths.health || path === paths.readiness || path === paths.openapi;
}

function isAuthorized(access: Access, header: string | undefined): boolean {
  if (access.mode === 'plain') return true;
  const [, token = ''] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  // Digests are of one length, so the comparison says nothing about the token's.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(token), digest(access.token));
}
