import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { parseRegistryAddress, proxyFromEnvironment, pullChart, RegistryClient } from '../index.ts';
import { parseChallenge } from './authentication.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A registry that answers as a test says, and the requests that it saw. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe('A registry that issues tokens', () => {
  it('is sent the login at the token service only, and the token everywhere else', async () => {
    const seen: string[] = [];
    const address: string = await serve((request, response) => {
      const { authorization = 'none' } = request.headers;
      seen.push(`${request.url ?? ''} ${authorization}`);
      if (request.url?.startsWith('/token')) response.end('{"token":"t0k3n"}');
      else if (authorization === 'Bearer t0k3n') response.end('{"name":"ait/x","tags":["v2","v1"]}');
      else {
        const challenge = `Bearer realm="http://${address}/token",service="here",scope="repository:ait/x:pull"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
    });
    const client = new RegistryClient({ address, scheme: 'http', username: 'admin', password: 'secret-word' });
    try {
      expect(await client.listTags('ait/x')).toEqual(['v1', 'v2']);
      await client.listTags('ait/x');
    } finally {
      await client.close();
    }
    const basic = `Basic ${Buffer.from('admin:secret-word').toString('base64')}`;
    expect(seen).toEqual([
      '/v2/ait/x/tags/list?n=1000 none',
      `/token?service=here&scope=repository%3Aait%2Fx%3Apull ${basic}`,
      '/v2/ait/x/tags/list?n=1000 Bearer t0k3n',
      '/v2/ait/x/tags/list?n=1000 Bearer t0k3n',
    ]);
  });

  it('has its challenge read in any spelling', () => {
    expect(parseChallenge('bearer Realm="https://a/b", service=c')).toEqual({
      scheme: 'bearer',
      parameters: { realm: 'https://a/b', service: 'c' },
    });
    expect(parseChallenge('Negotiate abc')).toBeUndefined();
    expect(parseChallenge(undefined)).toBeUndefined();
  });
});

describe('A registry in trouble', () => {
  it('is asked again after the time that it asks for', async () => {
    let count = 0;
    const address = await serve((_request, response) => {
      count++;
      if (count === 1) response.writeHead(429, { 'retry-after': '30' }).end();
      else response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
    });
    const clock = new ManualClock();
    const begunMs = clock.now();
    let settled = false;
    const pulling = pullChart({ registry: { address, scheme: 'http' }, name: 'ait/x', version: 'v1', clock });
    pulling.finally(() => (settled = true)).catch(() => undefined);
    while (!settled) {
      await clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect(pulling).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND', registryCode: 'MANIFEST_UNKNOWN' });
    expect(count).toBe(2);
    expect(clock.now() - begunMs).toBeGreaterThanOrEqual(30_000);
  });

  it('that sends another manifest than it announces is not believed', async () => {
    const address = await serve((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/vnd.oci.image.index.v1+json',
        'docker-content-digest': `sha256:${'0'.repeat(64)}`,
      });
      response.end('{"schemaVersion":2,"manifests":[]}');
    });
    const client = new RegistryClient({ address, scheme: 'http' });
    try {
      await expect(client.fetchManifest('ait/x', 'v1')).rejects.toMatchObject({ code: 'PACKAGE_DIGEST_MISMATCH' });
    } finally {
      await client.close();
    }
  });

  it('that is not there is named with the cause', async () => {
    const address = await serve(() => undefined);
    server?.close();
    const client = new RegistryClient({ address, scheme: 'http' });
    try {
      await expect(client.ping()).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        message: expect.stringContaining('ECONNREFUSED') as string,
      });
    } finally {
      await client.close();
    }
  });
});

describe('proxyFromEnvironment', () => {
  it('takes the own variable for every address, the common ones for what is not loopback and not excepted', () => {
    expect(proxyFromEnvironment('127.0.0.1:11443', { GLOBALCTL_PROXY: 'http://p:1' })).toBe('http://p:1');
    const env = { HTTPS_PROXY: 'http://p:2', NO_PROXY: '.example.com,10.0.0.7' };
    expect(proxyFromEnvironment('127.0.0.1:11443', env)).toBeUndefined();
    expect(proxyFromEnvironment('registry.example.com:5000', env)).toBeUndefined();
    expect(proxyFromEnvironment('10.0.0.7:11443', env)).toBeUndefined();
    expect(proxyFromEnvironment('10.0.0.8:11443', env)).toBe('http://p:2');
    expect(proxyFromEnvironment('10.0.0.8:11443', { all_proxy: 'http://p:3' })).toBe('http://p:3');
  });
});

describe('parseRegistryAddress', () => {
  it('takes host and port alone', () => {
    expect(parseRegistryAddress('172.18.0.1:11443')).toEqual({ host: '172.18.0.1', port: 11443 });
    expect(parseRegistryAddress('[fd00::1]:5000')).toEqual({ host: '[fd00::1]', port: 5000 });
    for (const wrong of ['http://a:1', 'a:1/v2/', 'a:99999', '', 'a b'])
      expect(() => parseRegistryAddress(wrong)).toThrow('is not a registry address');
  });
});
