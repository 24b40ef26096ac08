import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpKubeClient } from './http-client.ts';
import { formatKubeconfig } from './kubeconfig.ts';
import { resources } from './resource.ts';

/** Takes every request and, after what `begin` has sent, says nothing more. */
let server: Server;
let begin: string;
let seen: string[];
let client: HttpKubeClient;
beforeEach(async () => {
  begin = '';
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (begin !== '') response.write(begin);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  client = await HttpKubeClient.fromText(formatKubeconfig('silent', { server: url, insecureSkipTlsVerify: false }), {
    requestTimeoutMs: 50,
    watchTimeoutMs: 50,
  });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

describe('a client with limits, of a server that says nothing', () => {
  const metadata = { name: 'a', namespace: 'default' };

  it('gives a write up and does not repeat it', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    await expect(client.create(resources.configMaps, object)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('no answer within 50ms') as unknown,
    });
    expect(seen).toHaveLength(1);
  });

  it('asks again for what it reads, also when the answer breaks off in the middle', async () => {
    begin = '{"kind":';
    await expect(client.get(resources.configMaps, metadata)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    expect(seen).toHaveLength(5);
  });

  it('ends a watch, which is no error, and has told the server when', async () => {
    begin = `${JSON.stringify({ type: 'ADDED', object: { metadata } })}\n`;
    const types: string[] = [];
    for await (const event of client.watch(resources.configMaps, { resourceVersion: '1' })) types.push(event.type);
    expect(types).toEqual(['ADDED']);
    expect(seen[0]).toContain('timeoutSeconds=1');
  });

  it('says CANCELLED when it was the caller who ended the request', async () => {
    const stop = new AbortController();
    const answer = client.get(resources.configMaps, metadata, stop.signal);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
