import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../lab/pki/index.ts';
import { RegistryClient, type RegistryAccess } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An HTTP proxy that only knows CONNECT, leads to one port whatever it is asked for, and wants a login. */
async function startProxy(port: number): Promise<{ readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, socket) => {
    const login = Buffer.from(request.headers['proxy-authorization']?.slice(6) ?? '', 'base64').toString();
    asked.push(`${request.url ?? ''} ${login}`);
    if (login !== 'user:p@ss') return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const upstream = connect(port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => upstream.destroy());
  });
  return { port: await listen(server), asked };
}

async function tagsOf(access: RegistryAccess): Promise<readonly string[]> {
  const client = new RegistryClient(access);
  try {
    await client.listTags('ait/x');
    return await client.listTags('ait/x');
  } finally {
    await client.close();
  }
}

describe('A registry behind a proxy', () => {
  it('is reached by CONNECT with the login of the proxy, on one connection for all requests', async () => {
    const proxy = await startProxy(await listen(createServer((_request, response) => response.end('{"tags":["v1"]}'))));
    const proxyUrl = `http://user:p%40ss@127.0.0.1:${String(proxy.port)}`;
    expect(await tagsOf({ address: 'registry.example:5000', scheme: 'http', proxyUrl })).toEqual(['v1']);
    expect(proxy.asked).toEqual(['registry.example:5000 user:p@ss']);
  });

  it('shows its own certificate through it', async () => {
    const authority = await CertificateAuthority.create('registries');
    const pair = await authority.issue({ commonName: 'r', dnsNames: ['registry.example'] });
    const registry = createTlsServer({ cert: pair.certificatePem, key: pair.keyPem }, (_request, response) =>
      response.end('{"tags":["v2"]}'),
    );
    const proxy = await startProxy(await listen(registry));
    const proxyUrl = `http://user:p%40ss@127.0.0.1:${String(proxy.port)}`;
    const access = { scheme: 'https', proxyUrl, caPem: authority.certificatePem } as const;
    expect(await tagsOf({ ...access, address: 'registry.example:5000' })).toEqual(['v2']);
    await expect(tagsOf({ ...access, address: 'another.example:5000' })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('another.example') as string,
    });
    expect(proxy.asked).toEqual(['registry.example:5000 user:p@ss', 'another.example:5000 user:p@ss']);
  });

  it('is unreachable when the proxy refuses, which is named, without its login', async () => {
    const proxy = await startProxy(1);
    const host = `127.0.0.1:${String(proxy.port)}`;
    const access = { address: 'registry.example:5000', scheme: 'https' } as const;
    await expect(tagsOf({ ...access, proxyUrl: `http://user:wrong@${host}` })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: `GET registry.example:5000/v2/ait/x/tags/list: the proxy ${host} answered 407 to CONNECT registry.example:5000`,
    });
    await expect(tagsOf({ ...access, proxyUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('the proxy 127.0.0.1:1: connect ECONNREFUSED') as string,
    });
  });
});
