import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket's path may have 107 bytes on Linux, 103 elsewhere. */
const LONGEST_PATH = 100;

export interface EgressSocket {
  readonly path: string;
  close(): Promise<void>;
}

/**
 * A unix socket behind which an HTTP proxy of loopback stands. kube-apiserver reaches nodes and Pods through a proxy only by TLS
 * or by such a socket: its plain TCP transport passes the check of the configuration and then crashes on the missing TLS part
 * (k8s.io/apiserver 0.33, egressselector).
 */
export async function openEgressSocket(options: { folder: string; proxyUrl: string }): Promise<EgressSocket> {
  const inside = join(options.folder, 'egress.sock');
  const digest = createHash('sha256').update(inside).digest('hex').slice(0, 16);
  const path = Buffer.byteLength(inside) <= LONGEST_PATH ? inside : join(tmpdir(), `globalctl-egress-${digest}.sock`);
  const port = Number(new URL(options.proxyUrl).port);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const proxy = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const [from, to] of [
      [client, proxy],
      [proxy, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  // Whoever starts this cluster holds its folder, so a socket that is left over belongs to nobody.
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    path,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}
