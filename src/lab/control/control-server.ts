import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { toGlobalctlError } from '../../base/index.ts';

/** One request of the control API: the parsed body in, a JSON value out. */
export type ControlHandler = (body: unknown) => Promise<unknown>;

export interface ControlServer {
  close(): Promise<void>;
}

/** The control API: JSON over HTTP on a unix socket that only its owner may use. Errors are answered as GlobalctlError's JSON. */
export async function startControlServer(options: {
  socket: string;
  /** By `METHOD /path`. */
  handlers: Readonly<Record<string, ControlHandler>>;
  onTraffic: () => void;
}): Promise<ControlServer> {
  const { socket, handlers, onTraffic } = options;
  const server = createServer((request, response) => {
    onTraffic();
    void serve(request, response, handlers);
  });
  server.requestTimeout = 0;
  await listen(server, socket);
  await chmod(socket, 0o600);
  return {
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      await rm(socket, { force: true });
    },
  };
}

async function listen(server: Server, socket: string): Promise<void> {
  // Whoever listens here holds the lab's lock, so a socket that is left over belongs to nobody.
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Readonly<Record<string, ControlHandler>>,
): Promise<void> {
  const answer = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(value ?? {}));
  };
  const handler = handlers[`${request.method ?? ''} ${request.url ?? ''}`];
  if (!handler)
    return answer(404, { error: { code: 'USAGE', message: `no ${request.method ?? ''} ${request.url ?? ''}` } });
  try {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    answer(200, await handler(text === '' ? undefined : (JSON.parse(text) as unknown)));
  } catch (thrown) {
    const error = toGlobalctlError(thrown);
    answer(error.entry.httpStatus, { error });
  }
}
