import { createServer, type Socket } from 'node:net';
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LabNetwork, listenOnLoopback, startLabProxy, WideArea, type LabProxy } from './index.ts';

const cleanups: (() => Promise<unknown> | void)[] = [];
let wide: WideArea;
let east: LabNetwork;
let west: LabNetwork;
let door: LabProxy;

beforeEach(async () => {
  wide = new WideArea();
  const names = new Map<string, string>();
  [east, west] = [new LabNetwork({ names }), new LabNetwork({ names })];
  wide.join('east', east);
  wide.join('west', west);
  for (const network of [east, west]) network.keepPrivate('172.18.0.0/16');
  door = await startLabProxy({ network: east });
  cleanups.push(() => door.close());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that sends back what it gets. */
async function startEcho(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const port = await listenOnLoopback(server);
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return port;
}

/** A connection through the east's door; rejects with the proxy's status when it is refused. */
function dial(target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: door.port, method: 'CONNECT', path: target, agent: false })
      .on('connect', (answer, socket) => {
        socket.on('error', () => undefined);
        cleanups.push(() => void socket.destroy());
        if (answer.statusCode === 200) resolve(socket);
        else reject(new Error(String(answer.statusCode)));
      })
      .on('error', reject)
      .end();
  });
}

function read(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) resolve(Buffer.concat(chunks));
    });
    socket.once('close', () => reject(new Error(`closed after ${String(length)} bytes`)));
  });
}

test('a site finds the public addresses of another, its own first, and never what the other keeps to itself', async () => {
  const [own, foreign] = [await startEcho(), await startEcho()];
  west.bind({ host: '192.0.2.10', port: 6443 }, foreign);
  for (const network of [east, west])
    network.bind({ host: '172.18.0.2', port: 6443 }, network === east ? own : foreign);
  expect(east.resolve('192.0.2.10', 6443)).toMatchObject({ loopbackPort: foreign, link: { from: 'east', to: 'west' } });
  expect(west.resolve('192.0.2.10', 6443)?.link).toBeUndefined();
  expect(east.resolve('172.18.0.2', 6443)?.loopbackPort).toBe(own);
  west.bind({ host: '172.18.0.9', port: 80 }, foreign);
  expect(east.resolve('172.18.0.9', 80)).toBeUndefined();
});

test('a name that is set at one site leads to the same address at all', async () => {
  const port = await startEcho();
  west.bind({ host: '192.0.2.10', port: 443 }, port);
  east.setName('platform.example.com', '192.0.2.10');
  expect(west.resolve('platform.example.com', 443)?.link).toBeUndefined();
  expect(east.resolve('platform.example.com', 443)?.link?.to).toBe('west');
});

test('a balancer leads over the link to backends of another site', async () => {
  const port = await startEcho();
  west.bind({ host: '192.0.2.11', port: 6443 }, port);
  east.balance({ host: '192.0.2.10', port: 6443 }, () => [{ host: '192.0.2.11', port: 6443 }]);
  expect(east.resolve('192.0.2.10', 6443)).toMatchObject({
    through: ['192.0.2.10', '192.0.2.11'],
    link: { to: 'west' },
  });
});

test('a link that goes down cuts what is open and refuses what is new, one way only', async () => {
  west.bind({ host: '192.0.2.10', port: 6443 }, await startEcho());
  east.bind({ host: '198.51.100.10', port: 6443 }, await startEcho());
  const open = await dial('192.0.2.10:6443');
  const cut = new Promise((resolve) => open.once('close', resolve));
  wide.link('east', 'west').change({ state: 'down' });
  await cut;
  await expect(dial('192.0.2.10:6443')).rejects.toThrow('502');
  expect(west.resolve('198.51.100.10', 6443)).toBeDefined();
  wide.link('east', 'west').change({ state: 'up' });
  await dial('192.0.2.10:6443');
});

test('over a silent link nothing arrives until it is heard again, and then in order', async () => {
  west.bind({ host: '192.0.2.10', port: 6443 }, await startEcho());
  const open = await dial('192.0.2.10:6443');
  const link = wide.link('east', 'west');
  link.change({ state: 'silent' });
  let heard = '';
  open.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  for (const word of ['one ', 'two ', 'three']) open.write(word);
  const late = dial('192.0.2.10:6443');
  // Another connection within the site makes the round trip while this one stands still.
  east.bind({ host: '198.51.100.10', port: 80 }, await startEcho());
  const near = await dial('198.51.100.10:80');
  near.write('near');
  expect((await read(near, 4)).toString()).toBe('near');
  expect(heard).toBe('');
  link.change({ state: 'up' });
  await late;
  await read(open, 1).catch(() => undefined);
  while (heard.length < 'one two three'.length) await read(open, 1);
  expect(heard).toBe('one two three');
});

test('latency and bandwidth hold back what goes over the link, and lose nothing', async () => {
  west.bind({ host: '192.0.2.10', port: 2379 }, await startEcho());
  wide.link('east', 'west').change({ latencyMs: 40, bytesPerSecond: 4_000_000 });
  const socket = await dial('192.0.2.10:2379');
  const sent = Buffer.alloc(300_000, 'x');
  const startedMs = performance.now();
  const answer = read(socket, sent.length);
  socket.write(sent);
  expect((await answer).equals(sent)).toBe(true);
  // 600 kB there and back take 150 ms, and the last of it 40 ms more. Less would mean that nothing held it back.
  expect(performance.now() - startedMs).toBeGreaterThan(180);
});

test('a firewall between the sites closes single ports', async () => {
  const port = await startEcho();
  for (const p of [6443, 2379]) west.bind({ host: '192.0.2.10', port: p }, port);
  wide.link('east', 'west').change({ blockedPorts: [2379] });
  await dial('192.0.2.10:6443');
  await expect(dial('192.0.2.10:2379')).rejects.toThrow('502');
});

test('there is a link both ways between any two sites, and none to a site that does not exist', () => {
  expect(wide.links.map((l) => `${l.from}>${l.to}`)).toEqual(['east>west', 'west>east']);
  expect(() => wide.link('east', 'north')).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});
