import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line to a server that can be cut, closed and slowed. */
export class FaultProxy {
  readonly endpoint: string;
  /** Every piece arrives this much later. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isClosed = false;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.endpoint = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** `target`: `127.0.0.1:port`. */
  static async open(target: string): Promise<FaultProxy> {
    const [host = '', port = ''] = target.split(':');
    const sockets = new Set<Socket>();
    const server = createServer((inner) => {
      const outer = connect(Number(port), host);
      if (proxy.#isClosed) {
        inner.destroy();
        outer.destroy();
        return;
      }
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        sockets.add(from);
        from.setNoDelay(true);
        from.on('error', () => from.destroy());
        from.once('close', () => {
          sockets.delete(from);
          to.destroy();
        });
        from.on('data', (data) => {
          // Delays of one line never change while something waits in it: the order stays.
          if (proxy.delayMs === 0) to.write(data);
          else setTimeout(() => to.destroyed || to.write(data), proxy.delayMs);
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultProxy(server, sockets);
    return proxy;
  }

  /** Ends all connections; new ones may come. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections are slowed; those that there are get cut, since what waits in them would be overtaken. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
    this.cut();
  }

  /** Ends all connections and takes no more, until it is opened again. */
  shut(isClosed: boolean): void {
    this.#isClosed = isClosed;
    if (isClosed) this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
