import { timingSafeEqual } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { RegistryRefusal, sendJson, sendRefusal } from './answers.ts';
import { handle, listRepositories, matchRoute } from './routes.ts';
import { RegistryStore } from './store.ts';

export interface RegistryOptions {
  /** Where the content is kept; a folder that an earlier registry filled is served again. */
  readonly folder: string;
  /** Port on 127.0.0.1; default any free one. */
  readonly port?: number | undefined;
  /** Serve TLS with this certificate and key, in PEM. */
  readonly tls?: { readonly certificatePem: string; readonly keyPem: string } | undefined;
  /** Ask for this login, by HTTP Basic. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  /** Called with one line for each request. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface Registry {
  readonly port: number;
  /** `127.0.0.1:<port>`. */
  readonly address: string;
  close(): Promise<void>;
}

/** An OCI distribution registry over a folder: pull, push, content discovery and management of the specification 1.1. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const store = new RegistryStore(options.folder);
  await store.open();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void answer(request, response, store, options).then(() =>
      options.log?.(`${request.method ?? '?'} ${request.url ?? ''} ${String(response.statusCode)}`),
    );
  };
  const server: Server = options.tls
    ? createHttpsServer({ cert: options.tls.certificatePem, key: options.tls.keyPem }, listener)
    : createHttpServer(listener);
  // Uploads of any length are one request; their sender decides how long it takes.
  server.requestTimeout = 0;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${String(port)}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await store.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  store: RegistryStore,
  options: RegistryOptions,
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  try {
    if (options.login && !isLoggedIn(request, options.login)) {
      response.setHeader('www-authenticate', 'Basic realm="registry"');
      throw new RegistryRefusal('UNAUTHORIZED');
    }
    const url = new URL(request.url ?? '/', 'http://registry');
    if (url.pathname === '/v2/' || url.pathname === '/v2') sendJson(response, 200, {});
    else if (url.pathname === '/v2/_catalog') await listRepositories(store, response, url);
    else {
      const route = matchRoute(url.pathname);
      if (!route) throw new RegistryRefusal('NAME_UNKNOWN');
      await handle(route.kind, { store, request, response, url, ...route });
    }
  } catch (error) {
    if (response.headersSent || response.destroyed) response.destroy();
    else if (error instanceof RegistryRefusal) {
      // A body that nobody reads would hold the connection up; the client is told that it ends here.
      if (!request.complete) response.setHeader('connection', 'close');
      sendRefusal(response, error);
    } else
      sendJson(response, 500, {
        errors: [{ code: 'UNKNOWN', message: error instanceof Error ? error.message : String(error) }],
      });
  }
}

function isLoggedIn(
  request: IncomingMessage,
  login: { readonly username: string; readonly password: string },
): boolean {
  const expected = Buffer.from(`Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`);
  const given = Buffer.from(request.headers.authorization ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
