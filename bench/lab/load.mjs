// The client's side: requests over kept-alive connections, and watchers that only count, so that what is measured is the server.
import { once } from 'node:events';
import { connect } from 'node:tls';
import { Pool } from 'undici';

/** Requests under way at a time, each on a connection of its own: a busy controller manager has about as many. */
const CONCURRENCY = 16;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** About 2 KB as it is stored, with text that JSON has to escape, as configuration files have it. */
export function configMap(name) {
  const lines = Array.from(
    { length: 14 },
    (_, i) => `  - { name: "setting-${i}", path: "/etc/${name}/part-${i}.conf", mode: 0644 }  # ${'x'.repeat(30)}`,
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      labels: { app: 'bench', 'app.kubernetes.io/name': name, shard: String(name.length % 7) },
      annotations: { 'bench.example.com/owner': 'nobody', 'bench.example.com/purpose': 'a realistic size' },
    },
    data: { 'config.yaml': `settings:\n${lines.join('\n')}\n`, level: 'info', replicas: '3' },
  };
}

/** One client of one API server. */
export class Load {
  #pool;
  #server;

  constructor(server) {
    this.#server = server;
    this.#pool = new Pool(server.url.origin, {
      connections: CONCURRENCY,
      connect: server.tls,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** The answer's body as bytes. Throws on a status that is not 2xx. */
  async call(method, path, body) {
    const answer = await this.#pool.request({
      method,
      path,
      headers: {
        accept: 'application/json',
        'user-agent': 'bench/1',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body ?? null,
    });
    const bytes = await answer.body.arrayBuffer();
    if (answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${Buffer.from(bytes).toString().slice(0, 500)}`);
    return bytes;
  }

  /** Runs `one(i)` for i below `count`, CONCURRENCY at a time; answers the seconds. */
  async timed(count, one) {
    const started = performance.now();
    let next = 0;
    const worker = async () => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: Math.min(count, CONCURRENCY) }, worker));
    return (performance.now() - started) / 1000;
  }

  /** Opens `count` watches of the path from its present state on. */
  async watch(path, count) {
    const list = JSON.parse(Buffer.from(await this.call('GET', `${path}?limit=1`)).toString());
    const target = `${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`;
    const watchers = [];
    // A few at a time: a crowd of TLS handshakes is not what is measured.
    for (let i = 0; i < count; i += 20)
      watchers.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(20, count - i) }, () => Watcher.open(this.#server, target)),
        )),
      );
    return watchers;
  }

  async close() {
    await this.#pool.destroy();
  }
}

/**
 * One watch on a connection of its own. Events end with a line feed, the chunks that carry them with a carriage return before it:
 * so they are counted as they come out of the socket, at a cost that leaves the processor to the server.
 */
class Watcher {
  events = 0;
  /** Called at every event. */
  onEvent = () => undefined;
  #socket;
  #last = 0;

  static async open(server, path) {
    const watcher = new Watcher();
    const socket = connect({ host: '127.0.0.1', port: Number(server.url.port), ...server.tls });
    watcher.#socket = socket;
    await once(socket, 'secureConnect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\nAccept: application/json\r\n\r\n`);
    const [head] = await once(socket, 'data');
    if (!head.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`watch refused: ${head.toString()}`);
    watcher.#count(head);
    socket.on('data', (chunk) => watcher.#count(chunk));
    socket.on('error', () => undefined);
    return watcher;
  }

  #count(chunk) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      if ((at === 0 ? this.#last : chunk[at - 1]) === RETURN) continue;
      this.events++;
      this.onEvent();
    }
    this.#last = chunk[chunk.length - 1];
  }

  close() {
    this.#socket.destroy();
  }
}

/** Resolves when every watcher has seen `events` events. Throws when that takes a minute: an event was lost. */
export async function delivered(watchers, events) {
  const missing = () => watchers.filter((w) => w.events < events).length;
  await new Promise((resolve, reject) => {
    let waiting = missing();
    const limit = setTimeout(() => reject(new Error(`${missing()} watchers wait for events`)), 60_000);
    const done = () => {
      clearTimeout(limit);
      for (const watcher of watchers) watcher.onEvent = () => undefined;
      resolve();
    };
    if (waiting === 0) return done();
    for (const watcher of watchers)
      watcher.onEvent = () => {
        if (watcher.events === events && --waiting === 0) done();
      };
  });
}
