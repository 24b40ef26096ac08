import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redactor, systemClock } from '../base/index.ts';
import { HttpKubeClient, resources } from '../kube/index.ts';
import { startApiServer, type ApiServer } from '../lab/apiserver/index.ts';
import { MemoryStore } from '../lab/etcd/index.ts';
import { ClusterConnections } from './clusters.ts';
import { InstallerApi } from './installer-api.ts';

const namespace = 'cpaas-system';
let server: ApiServer;
let client: HttpKubeClient;
let folder: string;
let clusters: ClusterConnections;
beforeAll(async () => {
  server = await startApiServer({ store: new MemoryStore() });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  folder = await mkdtemp(join(tmpdir(), 'globalctl-clusters-'));
  const bootstrapKubeconfig = join(folder, 'kubeconfig');
  await writeFile(bootstrapKubeconfig, await server.adminKubeconfig());
  clusters = new ClusterConnections({
    bootstrapKubeconfig,
    stateFolder: folder,
    installer: {},
    redactor: new Redactor(),
    clock: systemClock,
  });
  await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
afterAll(async () => {
  await clusters[Symbol.asyncDispose]();
  await client.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function installerPod(name: string, podIP: string): Promise<void> {
  await client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { service_name: 'cpaas-installer' } },
    spec: { containers: [{ name: 'installer', image: 'installer' }] },
  });
  await client.patch(
    resources.pods,
    { name, namespace },
    { type: 'merge', body: { status: { phase: 'Running', podIP } }, subresource: 'status' },
  );
}

describe('the installer of a bootstrap cluster', () => {
  it('is looked for anew when its Pod was replaced, even by one whose address begins like the former', async () => {
    await installerPod('first', '10.3.0.12');
    expect((await clusters.installer()).baseUrl).toBe('http://10.3.0.12:8080/cpaas-installer/api');
    await client.delete(resources.pods, { name: 'first', namespace }, { gracePeriodSeconds: 0 });
    await installerPod('second', '10.3.0.1');
    expect((await clusters.installer()).baseUrl).toBe('http://10.3.0.1:8080/cpaas-installer/api');
  });

  it('counts as unreachable, and not as failed, while something before it answers for it', async () => {
    const proxy = createServer((_request, response) => response.writeHead(503).end('no endpoints'));
    proxy.on('connect', (_request, socket) => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      proxy.emit('connection', socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const api = new InstallerApi({
      podIP: '10.3.0.12',
      access: { mode: 'plain' },
      proxyUrl: `http://127.0.0.1:${String(port)}`,
    });
    await expect(api.progress()).rejects.toMatchObject({ code: 'INSTALLER_UNREACHABLE' });
    await api.close();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
