import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GlobalctlError, ManualClock } from '../../base/index.ts';
import { fieldAt, HttpKubeClient, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../lab/apiserver/index.ts';
import { coreCrds, dcsCrds } from '../../kube/crds/index.ts';
import { MemoryStore } from '../../lab/etcd/index.ts';
import { CertificateAuthority } from '../../lab/pki/index.ts';
import { ADMIN_PASSWORD, dcsBody, encode, REGISTRY_PASSWORD } from '../../../test/rigs/installer/request-body.ts';
import type { InstallerConfig } from './config.ts';
import type { Phase } from './phase.ts';
import { startInstaller, type RunningInstaller } from './start-installer.ts';

describe('the installer service', () => {
  let server: ApiServer;
  let store: MemoryStore;
  let client: KubeClient;
  let installer: RunningInstaller;
  let stop: AbortController;
  let clock: ManualClock;
  let lines: string[];

  /** A server certificate of the time that the clock shows. */
  const thirdParty = async (hosts: string[]): Promise<{ certificate: string; privateKey: string }> => {
    const authority = await CertificateAuthority.create('company', clock.now());
    const [dnsNames, ipAddresses] = [hosts.filter((h) => !isIP(h)), hosts.filter((h) => isIP(h))];
    const pair = await authority.issue({ commonName: 'console', dnsNames, ipAddresses }, clock.now());
    return { certificate: encode(pair.certificatePem), privateKey: encode(pair.keyPem) };
  };
  const configOf = (): InstallerConfig => {
    stop = new AbortController();
    return {
      client,
      connectSourceEtcd: () => Promise.resolve(store),
      bootstrapRegistry: '192.0.2.5:11443',
      clock,
      signal: stop.signal,
      backupFolder: '/nowhere',
      logSink: (line) => lines.push(line),
      access: { mode: 'plain' },
    };
  };
  const start = async (phases: readonly Phase[]): Promise<void> => {
    installer = await startInstaller(configOf(), phases);
    await installer.synced;
  };
  const submit = async (body: unknown): Promise<{ status: number; answer: Record<string, unknown> }> => {
    const response = await fetch(`${installer.url}/cpaas-installer/api/config/dcs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  const progress = async (): Promise<Record<string, unknown>> =>
    (await (await fetch(`${installer.url}/cpaas-installer/api/progress`)).json()) as Record<string, unknown>;
  const until = async (check: (p: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
    for (;;) {
      const body = await progress();
      if (check(body)) return body;
      await clock.advance(500);
    }
  };
  const phase = (id: string, run: Phase['run'] = () => Promise.resolve()): Phase => ({ id, title: `Phase ${id}`, run });
  const forever = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));

  beforeAll(async () => {
    store = new MemoryStore();
    server = await startApiServer({ store });
    client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    const metadata = { name: PLATFORM_NAMESPACE };
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
  });
  beforeEach(async () => {
    lines = [];
    clock = new ManualClock();
    stop?.abort();
    await installer?.close();
    const ref = { name: 'cpaas-installer-state', namespace: PLATFORM_NAMESPACE };
    if (await client.find(resources.secrets, ref)) await client.delete(resources.secrets, ref);
  });
  afterAll(async () => {
    await installer.close();
    await client.close();
    await server.close();
    await store.close();
  });

  it('is idle until a request comes, works through its phases in order, and says Success and Complete at the end', async () => {
    const order: string[] = [];
    await start(['a', 'b', 'c'].map((id) => phase(id, async () => void order.push(id))));
    expect(await progress()).toMatchObject({ status: 'Idle', type: 'Idle' });
    expect((await submit(dcsBody)).status).toBe(200);
    const end = await until((p) => p['type'] === 'Complete');
    expect(end).toMatchObject({ status: 'Success', percentage: 100 });
    expect(order).toEqual(['a', 'b', 'c']);
    expect(lines.filter((l) => l.includes('[b]')).map((l) => l.split('] ')[1])).toEqual([
      'Phase b: started',
      'Phase b: done',
    ]);
    expect(lines.filter((l) => l.includes('ready'))).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}\[installer\] ready for a request$/),
    ]);
  });

  it('takes the bodies of the providers without a cluster block, and a third-party certificate', async () => {
    const { cluster: _, ...body } = dcsBody;
    const cert = { thirdParty: { ...(await thirdParty(['platform.example.com'])), pkcs12: 'x' } };
    await start([phase('a')]);
    expect((await submit({ ...body, console: { ...body.console, host: [], cert } })).status).toBe(200);
  });

  it('answers 422 with every fault and its JSON pointer', async () => {
    await start([phase('a')]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const { certificate } = await thirdParty(['platform.example.com', '192.0.2.10']);
    const { status, answer } = await submit({
      ...dcsBody,
      basic: { username: '', password: 'not base64!' },
      registry: { ...dcsBody.registry, domain: 'https://platform.example.com:11443/v2/', extra: 1 },
      console: { ...dcsBody.console, cert: { thirdParty: { certificate, privateKey: encode(other.toString()) } } },
      product: ['acp'],
      hostIP: 'host',
      'a/b': true,
    });
    expect(status).toBe(422);
    const faults = answer['faults'] as { pointer: string; message: string }[];
    expect(faults.map((f) => f.pointer).sort()).toEqual(
      [
        ...['/a~1b', '/basic/password', '/basic/username', '/console/cert/thirdParty/privateKey', '/hostIP'],
        ...['/product', '/registry/domain', '/registry/extra'],
      ].sort(),
    );
    expect(faults.find((f) => f.pointer.endsWith('privateKey'))?.message).toBe('does not belong to the certificate');
    expect((await submit('{"basic":')).status).toBe(400);
    expect((await submit('[]')).answer).toMatchObject({ code: 'INSTALLER_REQUEST_INVALID' });
    expect(await progress()).toMatchObject({ status: 'Idle' });
  });

  it('refuses the bootstrap registry as the platform’s, and a cluster block that does not fit the infra cluster', async () => {
    await start([phase('a')]);
    const registry = { ...dcsBody.registry, domain: '192.0.2.5:11443' };
    expect((await submit({ ...dcsBody, registry })).answer['faults']).toMatchObject([{ pointer: '/registry/domain' }]);

    for (const crd of [...coreCrds, ...dcsCrds]) await client.create(resources.customResourceDefinitions, crd);
    const metadata = { name: 'global', namespace: PLATFORM_NAMESPACE };
    const reference = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1', kind: 'DCSCluster', ...metadata };
    await client.create(resources.clusters, {
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      kind: 'Cluster',
      metadata,
      spec: { infrastructureRef: reference },
    });
    await client.create(resources.dcsClusters, {
      apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1',
      kind: 'DCSCluster',
      metadata,
      spec: {
        controlPlaneEndpoint: { host: '192.0.2.10', port: 6443 },
        credentialSecretRef: { name: 'dcs' },
        controlPlaneLoadBalancer: { type: 'external', host: '192.0.2.10', port: 6443 },
        networkType: 'kube-ovn',
        site: 'site',
      },
    });
    const { cluster: _, ...body } = dcsBody;
    expect(await submit(body)).toMatchObject({ status: 422, answer: { faults: [{ pointer: '/cluster' }] } });
    expect((await submit(dcsBody)).status).toBe(200);
  });

  it('accepts the same request again, whatever the order of its keys, and refuses another while it runs', async () => {
    let runs = 0;
    await start([
      phase('a', ({ signal }) => {
        runs++;
        return forever(signal);
      }),
    ]);
    const pair = await thirdParty(['platform.example.com', '192.0.2.10']);
    const withCertificate = (thirdParty: unknown): object => ({
      ...dcsBody,
      console: { ...dcsBody.console, cert: { thirdParty } },
    });
    const body = withCertificate({ ...pair, pkcs12: 'x', pkcs12Password: 'y' });
    expect((await submit(body)).status).toBe(200);
    const reordered = Object.entries(withCertificate({ pkcs12Password: 'y', pkcs12: 'x', ...pair })).reverse();
    expect((await submit(Object.fromEntries(reordered))).status).toBe(200);
    const another = await submit({ ...body, product: ['base'] });
    expect(another).toMatchObject({ status: 409, answer: { code: 'INSTALLER_BUSY' } });
    expect(runs).toBe(1);
  });

  it('starts one run for a request that many send at once', async () => {
    let runs = 0;
    await start([phase('a', async () => void runs++)]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(dcsBody)));
    expect(answers.map((a) => a.status)).toEqual(Array.from({ length: 20 }, () => 200));
    await until((p) => p['type'] === 'Complete');
    expect(runs).toBe(1);
  });

  it('goes on after a restart with the phase that had not ended', async () => {
    const order: string[] = [];
    const record = (id: string): Phase => phase(id, async () => void order.push(id));
    await start([record('a'), phase('b', ({ signal }) => forever(signal)), record('c')]);
    await submit(dcsBody);
    await until((p) => p['step'] === 'Phase b');
    stop.abort();
    await installer.close();
    await start([record('a'), record('b'), record('c')]);
    await until((p) => p['type'] === 'Complete');
    expect(order).toEqual(['a', 'b', 'c']);
    await installer.close();
    await start([record('a'), record('b'), record('c')]);
    expect(await progress()).toMatchObject({ status: 'Success', type: 'Complete' });
    expect(order).toHaveLength(3);
  });

  it('repeats what fails, shows a persistent error as a stall with its cause, and recovers by itself', async () => {
    let broken = true;
    await start([
      phase('a', () =>
        broken
          ? Promise.reject(
              new GlobalctlError('INSTALLER_NOT_READY', { message: 'Failed to reach the thing, no Success' }),
            )
          : Promise.resolve(),
      ),
    ]);
    await submit(dcsBody);
    const stalled = await until((p) => p['status'] === 'Stalled');
    expect(stalled['lastError']).toContain('failed to reach the thing');
    // The product's own script reads these words anywhere in the body as the end.
    expect(JSON.stringify(stalled)).not.toMatch(/Success|Failed/);
    expect(lines.some((l) => l.includes('ERROR [a] Phase a: stalled: INSTALLER_NOT_READY'))).toBe(true);
    broken = false;
    const end = await until((p) => p['type'] === 'Complete');
    expect(fieldAt(end, 'phases', 0, 'lastError')).toBeUndefined();
  });

  it('lets a request that gets nowhere be corrected', async () => {
    const seen: unknown[] = [];
    await start([
      phase('a', ({ request }) => {
        seen.push(request.product);
        return request.product.length === 2 ? Promise.reject(new Error('no chart acp')) : Promise.resolve();
      }),
    ]);
    await submit(dcsBody);
    await until((p) => p['status'] === 'Stalled');
    expect((await submit({ ...dcsBody, product: ['base'] })).status).toBe(200);
    await until((p) => p['type'] === 'Complete');
    expect(seen[seen.length - 1]).toEqual(['base']);
    expect((await submit(dcsBody)).status).toBe(409);
  });

  it('keeps passwords out of its log, its progress and its answers', async () => {
    await start([
      phase('a', ({ request, log, waiting }) => {
        log(`calling with ${request.basic.password} and ${ADMIN_PASSWORD}`);
        waiting(`${REGISTRY_PASSWORD} is not accepted yet`);
        return Promise.reject(new Error(`login ${ADMIN_PASSWORD} refused`));
      }),
    ]);
    const { answer } = await submit(dcsBody);
    const stalled = await until((p) => p['status'] === 'Stalled');
    for (const text of [JSON.stringify(answer), JSON.stringify(stalled), lines.join('\n')])
      for (const secret of [ADMIN_PASSWORD, encode(ADMIN_PASSWORD), REGISTRY_PASSWORD, encode(REGISTRY_PASSWORD)])
        expect(text).not.toContain(secret);
    expect(lines.join('\n')).toContain('calling with [redacted] and [redacted]');
  });

  it('keeps the passwords sealed in the cluster, and drops them when it is complete', async () => {
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const seen: string[] = [];
    await start([phase('a', ({ request }) => (seen.push(request.basic.password), gate))]);
    await submit(dcsBody);
    await until((p) => p['step'] === 'Phase a' && seen.length > 0);
    expect(seen).toEqual([encode(ADMIN_PASSWORD)]);
    const kept = async (): Promise<string> => {
      const { items } = await client.list(resources.secrets, { namespace: PLATFORM_NAMESPACE });
      const values = items.flatMap((s) => Object.values((s['data'] ?? {}) as Record<string, string>));
      return values.map((v) => `${v} ${Buffer.from(v, 'base64').toString('latin1')}`).join(' ');
    };
    const hidden = [ADMIN_PASSWORD, encode(ADMIN_PASSWORD), REGISTRY_PASSWORD, encode(REGISTRY_PASSWORD)];
    for (const secret of hidden) expect(await kept()).not.toContain(secret);
    const ref = { name: 'cpaas-installer-state', namespace: PLATFORM_NAMESPACE };
    const keys = async (): Promise<string[]> =>
      Object.keys((await client.get(resources.secrets, ref))['data'] as object).sort();
    expect(await keys()).toEqual(['request.sealed', 'state.json']);
    finish();
    await until((p) => p['type'] === 'Complete');
    expect(await keys()).toEqual(['state.json']);
    // The same request is still known.
    expect((await submit(dcsBody)).status).toBe(200);
  });

  it('stands still when nobody can open its request any more, and says that it has to come again', async () => {
    await start([phase('a', ({ signal }) => forever(signal))]);
    await submit(dcsBody);
    await until((p) => p['step'] === 'Phase a');
    await installer.close();
    const ref = { name: 'cpaas-installer-key', namespace: PLATFORM_NAMESPACE };
    await client.delete(resources.secrets, ref);
    await start([phase('a')]);
    const stalled = await until((p) => p['status'] === 'Stalled');
    expect(stalled['lastError']).toContain('send the request again');
    expect((await submit(dcsBody)).status).toBe(200);
    await until((p) => p['type'] === 'Complete');
  });

  it('shows a wait as stalled when what it waits for stays broken, and as running when that goes on', async () => {
    let goOn: () => void = () => undefined;
    let finish: () => void = () => undefined;
    await start([
      phase('a', async ({ waiting, blocked }) => {
        waiting('AppRelease x: Processing');
        blocked('AppRelease x: Failed (no chart)');
        await new Promise<void>((resolve) => (goOn = resolve));
        waiting('AppRelease x: Processing');
        await new Promise<void>((resolve) => (finish = resolve));
      }),
    ]);
    await submit(dcsBody);
    const blocked = await until((p) => p['lastError'] !== undefined);
    expect(blocked).toMatchObject({ status: 'Running', lastError: 'AppRelease x: failed (no chart)' });
    await until((p) => p['status'] === 'Stalled');
    expect(lines.some((l) => l.includes('ERROR [a] Phase a: stalled: AppRelease x: Failed (no chart)'))).toBe(true);
    goOn();
    const running = await until((p) => p['status'] === 'Running');
    expect(running['lastError']).toBeUndefined();
    finish();
    await until((p) => p['type'] === 'Complete');
  });

  it('compares the request with what the manifest says', async () => {
    await start([phase('a')]);
    const metadata = { name: 'global', namespace: PLATFORM_NAMESPACE };
    const network = { clusterNetwork: { pods: { cidrBlocks: ['10.9.0.0/16'] } } };
    await client.patch(resources.clusters, metadata, { type: 'merge', body: { spec: network } });
    const ha = { vip: '192.0.2.99', vport: 6444, isThirdParty: true };
    const faultsOf = async (body: object): Promise<unknown> =>
      ((await submit(body)).answer['faults'] as { pointer: string }[]).map((f) => f.pointer);
    expect(
      await faultsOf({
        ...dcsBody,
        console: { ...dcsBody.console, host: ['192.0.2.99'] },
        cluster: { ...dcsBody.cluster, features: { ha } },
      }),
    ).toEqual(['/cluster/clusterCIDR', '/cluster/features/ha/vip', '/cluster/features/ha/vport']);
  });

  it.each<[string, (body: typeof dcsBody) => object, string[]]>([
    [
      'a password with the line end of echo',
      (b) => ({ ...b, basic: { ...b.basic, password: encode('x\n') } }),
      ['/basic/password'],
    ],
    ['half a login', (b) => ({ ...b, registry: { ...b.registry, username: '' } }), ['/registry/password']],
    [
      'a port that is none',
      (b) => ({ ...b, registry: { ...b.registry, domain: 'a.example.com:70000' } }),
      ['/registry/domain'],
    ],
    [
      'networks that overlap',
      (b) => ({ ...b, cluster: { ...b.cluster, serviceCIDR: '100.3.128.0/17' } }),
      ['/cluster/serviceCIDR'],
    ],
    [
      'an address that is none',
      (b) => ({ ...b, console: { ...b.console, globalHost: '10.0.0.300' } }),
      ['/console/globalHost'],
    ],
    [
      'a domain for the VIP',
      (b) => ({ ...b, console: { ...b.console, host: [b.console.globalHost] } }),
      ['/console/host/0'],
    ],
    ['one port twice', (b) => ({ ...b, console: { ...b.console, httpPort: 443 } }), ['/console/httpsPort']],
    ['a product twice', (b) => ({ ...b, product: ['base', 'base'] }), ['/product']],
    [
      'a VIP in the Pod network',
      (b) => ({ ...b, cluster: { ...b.cluster, features: { ha: { ...b.cluster.features.ha, vip: '100.3.0.9' } } } }),
      ['/cluster/features/ha/vip'],
    ],
    [
      'a VIP of its own',
      (b) => ({ ...b, cluster: { ...b.cluster, features: { ha: { ...b.cluster.features.ha, isThirdParty: false } } } }),
      ['/cluster/features/ha/isThirdParty'],
    ],
  ])('refuses %s', async (_, change, pointers) => {
    await start([phase('a')]);
    const { status, answer } = await submit(change(dcsBody));
    expect(status).toBe(422);
    expect((answer['faults'] as { pointer: string }[]).map((f) => f.pointer)).toEqual(pointers);
  });

  it('says that it is alive, and nothing at other paths', async () => {
    await start([phase('a')]);
    expect((await fetch(`${installer.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${installer.url}/cpaas-installer/api/config`)).status).toBe(404);
  });
});
