import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Redactor, systemClock } from '../base/index.ts';
import { PLATFORM_NAMESPACE, resources } from '../kube/index.ts';
import { CertificateAuthority } from '../lab/pki/index.ts';
import { phaseOf, Stage } from '../../test/rigs/installer/stage.ts';
import { ClusterConnections } from './clusters.ts';
import type { InstallerWish } from './installer-access.ts';

const namespace = PLATFORM_NAMESPACE;
const POD = '10.3.0.12';
const SECRET = { name: 'cpaas-installer-access', namespace };

let stage: Stage;
let folder: string;
/** Stands where the data centre's proxy does: leads `host:port` to loopback, and notes what it was asked for. */
let proxy: Server;
const routes = new Map<string, number>();
const asked: string[] = [];
const clusters: ClusterConnections[] = [];
const servers: Server[] = [];
let redactor: Redactor;

beforeAll(async () => {
  stage = await Stage.start();
  folder = await mkdtemp(join(tmpdir(), 'globalctl-access-'));
  await writeFile(join(folder, 'kubeconfig'), stage.kubeconfig);
  proxy = createHttpServer().on('connect', (request, socket) => {
    const address = request.url ?? '';
    asked.push(address);
    const port = routes.get(address) ?? Number(address.split(':').at(-1));
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const end of [socket, upstream]) end.on('error', () => void (socket.destroy(), upstream.destroy()));
  });
  await listen(proxy);
  const metadata = { name: 'installer', namespace, labels: { service_name: 'cpaas-installer' } };
  const spec = { containers: [{ name: 'installer', image: 'installer' }] };
  await stage.client.create(resources.pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const body = { status: { phase: 'Running', podIP: POD } };
  await stage.client.patch(
    resources.pods,
    { name: 'installer', namespace },
    { type: 'merge', body, subresource: 'status' },
  );
});
beforeEach(() => {
  routes.clear();
  asked.length = 0;
  redactor = new Redactor();
});
afterEach(async () => {
  for (const each of clusters.splice(0)) await each[Symbol.asyncDispose]();
  for (const server of servers.splice(0)) await close(server);
  await stage.clear();
});
afterAll(async () => {
  await close(proxy);
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function connectionsOf(installer: InstallerWish = {}): ClusterConnections {
  const { port } = proxy.address() as AddressInfo;
  const made = new ClusterConnections({
    bootstrapKubeconfig: join(folder, 'kubeconfig'),
    stateFolder: folder,
    proxyUrl: `http://127.0.0.1:${String(port)}`,
    installer,
    redactor,
    clock: systemClock,
  });
  clusters.push(made);
  return made;
}

async function startSecureInstaller(): Promise<void> {
  const { port } = await stage.install([phaseOf('a')], { access: { mode: 'secure', hosts: [POD] } });
  routes.set(`${POD}:8443`, port);
}

/** Answers as an idle installer does, and keeps the headers that it was sent. */
function impostor(heard: IncomingHttpHeaders[]): Parameters<typeof createHttpServer>[1] {
  return (request, response) => {
    heard.push(request.headers);
    response.end('{"status":"Idle","type":"Idle"}');
  };
}

describe('how the installer is called', () => {
  it('is over TLS, checked and with the token, where the cluster says how', async () => {
    await startSecureInstaller();
    const installer = await connectionsOf().installer();
    expect(installer.baseUrl).toBe(`https://${POD}:8443/cpaas-installer/api`);
    expect(await installer.progress()).toMatchObject({ status: 'Idle' });
    expect(redactor.redact(await stage.accessValue('token'))).toBe('[redacted]');
  });

  it('is the plain HTTP of the guide, without a token, where neither the site nor the cluster knows of another', async () => {
    const heard: IncomingHttpHeaders[] = [];
    servers.push(createHttpServer(impostor(heard)));
    routes.set(`${POD}:8080`, await listen(servers[0] as Server));
    const installer = await connectionsOf().installer();
    expect(installer.baseUrl).toBe(`http://${POD}:8080/cpaas-installer/api`);
    expect(await installer.progress()).toMatchObject({ status: 'Idle' });
    expect(heard.map((headers) => headers.authorization)).toEqual([undefined]);
  });

  it('does not fall back: another’s certificate is refused before anything is sent, and plain HTTP is not tried', async () => {
    await startSecureInstaller();
    const authority = await CertificateAuthority.create('somebody else');
    const { certificatePem, keyPem } = await authority.issue({ commonName: 'x', dnsNames: [], ipAddresses: [POD] });
    const heard: IncomingHttpHeaders[] = [];
    servers.push(createHttpsServer({ cert: certificatePem, key: keyPem }, impostor(heard)));
    routes.set(`${POD}:8443`, await listen(servers[0] as Server));
    const installer = await connectionsOf().installer();
    asked.length = 0;
    await expect(installer.submit({ password: 'x' })).rejects.toMatchObject({ code: 'INSTALLER_UNREACHABLE' });
    expect(heard).toEqual([]);
    expect(asked).toEqual([`${POD}:8443`]);
  });

  it('is for the certificate of that Pod alone: the same authority under another address is refused', async () => {
    const { port } = await stage.install([phaseOf('a')], { access: { mode: 'secure', hosts: ['10.3.0.99'] } });
    routes.set(`${POD}:8443`, port);
    await expect((await connectionsOf().installer()).progress()).rejects.toMatchObject({
      code: 'INSTALLER_UNREACHABLE',
      message: expect.stringContaining('does not match') as string,
    });
  });

  it('waits for the Secret where the site wants TLS, and never reads it where the site wants none', async () => {
    await expect(connectionsOf({ tls: true }).installer()).rejects.toMatchObject({ code: 'INSTALLER_UNREACHABLE' });
    await startSecureInstaller();
    expect((await connectionsOf({ tls: true }).installer()).baseUrl).toMatch(/^https:/);
    expect((await connectionsOf({ tls: false }).installer()).baseUrl).toMatch(/^http:/);
  });

  it('takes token and authority of the site before those of the cluster', async () => {
    await startSecureInstaller();
    const refused = await connectionsOf({ readToken: () => Promise.resolve('another') }).installer();
    await expect(refused.progress()).rejects.toMatchObject({ code: 'INSTALLER_UNAUTHORIZED' });
    const [ca, token] = await Promise.all([stage.accessValue('ca.crt'), stage.accessValue('token')]);
    await stage.client.delete(resources.secrets, SECRET);
    const own = { readCa: () => Promise.resolve(ca), readToken: () => Promise.resolve(token) };
    const access = (await connectionsOf(own).installer()).place.access;
    expect(access).toEqual({ mode: 'secure', caPem: ca, token });
  });
});
