import { once } from 'node:events';
import { createServer } from 'node:net';
import { listenOnLoopback } from '../../network/index.ts';

/** A loopback port on which nothing listens at this moment. Another program may take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}
