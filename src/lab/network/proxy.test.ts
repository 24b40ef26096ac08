import { createServer, request, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { LabNetwork, listenOnLoopback, parseAddress, startLabProxy, type LabProxy } from './index.ts';

const cleanups: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startEcho(name: string): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, answer) => {
    answer.end(`${name} ${incoming.method ?? ''} ${incoming.url ?? ''} host=${incoming.headers.host ?? ''}`);
  });
  // A connection ends only when somebody ends it.
  server.keepAliveTimeout = 0;
  const port = await listenOnLoopback(server);
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, port };
}

async function startProxy(network: LabNetwork): Promise<LabProxy> {
  const proxy = await startLabProxy({ network });
  cleanups.push(() => proxy.close());
  return proxy;
}

function viaProxy(proxy: LabProxy, url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port: proxy.port, path: url, headers: { host: new URL(url).host }, agent: false },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    )
      .on('error', reject)
      .end();
  });
}

function tunnel(proxy: LabProxy, target: string): Promise<{ status: number; body: string; closed: Promise<void> }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: proxy.port, method: 'CONNECT', path: target, agent: false })
      .on('connect', (answer, socket, head) => {
        const closed = new Promise<void>((done) => socket.once('close', () => done()));
        let body = head.toString();
        socket.on('data', (chunk: Buffer) => {
          body += chunk.toString();
          resolve({ status: answer.statusCode ?? 0, body, closed });
        });
        if (answer.statusCode === 200) socket.write(`GET /x HTTP/1.1\r\nHost: inside\r\n\r\n`);
        else socket.once('end', () => resolve({ status: answer.statusCode ?? 0, body, closed }));
        socket.on('error', () => undefined);
      })
      .on('error', reject)
      .end();
  });
}

test('a CONNECT tunnel leads to the listener behind a virtual address', async () => {
  const network = new LabNetwork();
  const { port } = await startEcho('vip');
  network.bind({ host: '192.0.2.10', port: 6443 }, port);
  const answer = await tunnel(await startProxy(network), '192.0.2.10:6443');
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('vip GET /x host=inside');
});

test('a request in absolute form is forwarded under the name that was asked for', async () => {
  const network = new LabNetwork();
  const { port } = await startEcho('pod');
  network.bind({ host: '100.3.0.7', port: 8080 }, port);
  const answer = await viaProxy(await startProxy(network), 'http://100.3.0.7:8080/api/progress?x=1');
  expect(answer).toEqual({ status: 200, body: 'pod GET /api/progress?x=1 host=100.3.0.7:8080' });
});

test('an address that the data centre does not have is answered 502 with a text that names it', async () => {
  const network = new LabNetwork();
  const proxy = await startProxy(network);
  const plain = await viaProxy(proxy, 'http://198.51.100.9/');
  expect(plain.status).toBe(502);
  expect(plain.body).toContain('198.51.100.9:80');
  const tunnelled = await tunnel(proxy, 'example.com:443');
  expect(tunnelled.status).toBe(502);
  expect(network.resolve('example.com', 443)).toBeUndefined();
});

test('a name leads to its address, in any case, until it is removed', async () => {
  const network = new LabNetwork();
  const { port } = await startEcho('console');
  network.bind({ host: '192.0.2.10', port: 80 }, port);
  network.setName('Console.Example.com', '192.0.2.10');
  const proxy = await startProxy(network);
  expect((await viaProxy(proxy, 'http://console.example.COM/')).body).toContain('console GET /');
  network.removeName('console.example.com');
  expect((await viaProxy(proxy, 'http://console.example.com/')).status).toBe(502);
});

test('a balancer takes its backends in turn and passes over those that are gone', async () => {
  const network = new LabNetwork();
  const [a, b] = [await startEcho('a'), await startEcho('b')];
  const bindingA = network.bind({ host: '192.0.2.11', port: 6443 }, a.port);
  network.bind({ host: '192.0.2.12', port: 6443 }, b.port);
  const backends = ['192.0.2.11', '192.0.2.12', '192.0.2.13'].map((host) => ({ host, port: 6443 }));
  network.balance({ host: '192.0.2.10', port: 6443 }, () => backends);
  const proxy = await startProxy(network);
  const ask = async (): Promise<string> => (await viaProxy(proxy, 'http://192.0.2.10:6443/')).body.slice(0, 1);
  expect([await ask(), await ask(), await ask()]).toEqual(['a', 'b', 'a']);
  bindingA.dispose();
  expect([await ask(), await ask()]).toEqual(['b', 'b']);
});

test('pulling the cable of a machine cuts its open connections and refuses new ones', async () => {
  const network = new LabNetwork();
  const { port } = await startEcho('node');
  network.bind({ host: '192.0.2.11', port: 6443 }, port);
  const proxy = await startProxy(network);
  const open = await tunnel(proxy, '192.0.2.11:6443');
  network.setReachable('192.0.2.11', false);
  await open.closed;
  expect((await tunnel(proxy, '192.0.2.11:6443')).status).toBe(502);
  network.setReachable('192.0.2.11', true);
  expect((await tunnel(proxy, '192.0.2.11:6443')).status).toBe(200);
});

test('an address can be bound once, and again after its binding is disposed of', () => {
  const network = new LabNetwork();
  const first = network.bind({ host: '192.0.2.10', port: 443 }, 1);
  expect(() => network.bind({ host: '192.0.2.10', port: 443 }, 2)).toThrowError(
    expect.objectContaining({ code: 'LAB_ADDRESS_IN_USE' }),
  );
  first.dispose();
  network.bind({ host: '192.0.2.10', port: 443 }, 2);
  first.dispose();
  expect(network.resolve('192.0.2.10', 443)?.loopbackPort).toBe(2);
});

test('addresses are read with ports, in brackets for IPv6, and nothing else is', () => {
  expect(parseAddress('10.0.0.1:6443')).toEqual({ host: '10.0.0.1', port: 6443 });
  expect(parseAddress('[fd00::1]:443')).toEqual({ host: 'fd00::1', port: 443 });
  for (const text of ['', '10.0.0.1', ':80', 'a b:80', 'http://x:80', 'x:99999'])
    expect(parseAddress(text)).toBeUndefined();
});
