import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/index.ts';
import {
  fieldAt,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../../lab/apiserver/index.ts';
import { coreCrds, hcsCrds, kubeadmCrds } from '../../../kube/crds/index.ts';
import { MemoryStore } from '../../../lab/etcd/index.ts';
import { CertificateAuthority } from '../../../lab/pki/index.ts';
import { appReleaseCrd } from '../../crds/index.ts';
import { appReleaseOf, installReleases } from '../app-releases.ts';
import { completeConfig } from '../config.ts';
import type { PhaseContext } from '../phase.ts';
import { platformValues } from '../platform-values.ts';
import { newestTag } from '../registries.ts';
import type { InstallerRequest } from '../request.ts';
import { consoleCertificatePhase } from './console-certificate.ts';
import { controlPlanePhase } from './control-plane.ts';
import { findClusterPhase, findGlobalCluster } from './find-cluster.ts';

const namespace = PLATFORM_NAMESPACE;
const CAPI = 'cluster.x-k8s.io/v1beta1';
const INFRA = 'infrastructure.cluster.x-k8s.io/v1beta1';

const request: InstallerRequest = {
  basic: { username: 'admin@cpaas.io', password: 'eA==' },
  registry: { domain: 'platform.example.com:11443', username: '', password: '' },
  console: {
    host: [],
    globalHost: 'platform.example.com',
    httpPort: 80,
    httpsPort: 443,
    cert: { selfSigned: {} },
  },
  product: ['base'],
  deployMode: 'normal',
  hostIP: '192.0.2.5',
};

describe('the phases of the installer', () => {
  let store: MemoryStore;
  let server: ApiServer;
  let client: KubeClient;
  let kubeconfig: string;
  let waits: string[];

  const context = (changes: Partial<InstallerRequest> = {}): PhaseContext => {
    const signal = AbortSignal.timeout(15_000);
    return {
      config: completeConfig({
        client,
        connectSourceEtcd: () => Promise.resolve(store),
        bootstrapRegistry: '192.0.2.5:11443',
        clock: systemClock,
        signal,
        backupFolder: '/nowhere',
        logSink: () => undefined,
      }),
      request: { ...request, ...changes },
      source: client,
      target: () => Promise.resolve({ client, kubeconfig }),
      signal,
      log: () => undefined,
      waiting: (message) => void waits.push(message),
      blocked: (message) => void waits.push(`blocked: ${message}`),
      advanced: () => undefined,
    };
  };
  const cluster = (name: string, infraName = name): Promise<KubeObject> =>
    client.create<KubeObject>(resources.clusters, {
      apiVersion: CAPI,
      kind: 'Cluster',
      metadata: { name, namespace },
      spec: {
        infrastructureRef: { apiVersion: INFRA, kind: 'HCSCluster', name: infraName, namespace },
        controlPlaneRef: {
          apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
          kind: 'KubeadmControlPlane',
          name: 'global-kcp',
          namespace,
        },
      },
    });
  const infra = (name: string): Promise<KubeObject> =>
    client.create<KubeObject>(resources.hcsClusters, {
      apiVersion: INFRA,
      kind: 'HCSCluster',
      metadata: { name, namespace },
      spec: {
        controlPlaneLoadBalancer: { vipAddress: '192.0.2.10', vipSubnetName: 'a', vipDomainName: 'b' },
        identityRef: { name: 'global-secret' },
        networkType: 'kube-ovn',
        network: { vpc: { id: 'vpc' }, subnets: [{ name: 'a' }], securityGroup: { name: 'sg' } },
        site: 'site',
      },
    });
  const status = (resource: typeof resources.clusters, name: string, body: unknown): Promise<KubeObject> =>
    client.patch(resource, { name, namespace }, { type: 'merge', body: { status: body }, subresource: 'status' });

  beforeAll(async () => {
    store = new MemoryStore();
    server = await startApiServer({ store });
    kubeconfig = await server.adminKubeconfig();
    client = await HttpKubeClient.fromText(kubeconfig);
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (const crd of [...coreCrds, ...kubeadmCrds, ...hcsCrds, appReleaseCrd])
      await client.create(resources.customResourceDefinitions, crd);
  });
  beforeEach(async () => {
    waits = [];
    for (const resource of [resources.clusters, resources.hcsClusters])
      for (const { metadata } of (await client.list(resource, { namespace })).items)
        await client.delete(resource, { name: metadata.name ?? '', namespace });
  });
  afterAll(async () => {
    await client.close();
    await server.close();
    await store.close();
  });

  it('find the Cluster only under the name global, and say what there is instead', async () => {
    await cluster('globel');
    await expect(findGlobalCluster(client)).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      details: { expected: 'Cluster cpaas-system/global', found: 'cpaas-system/globel' },
    });
  });

  it('find the infra cluster only under the name global', async () => {
    await cluster('global', 'my-hcs');
    await infra('my-hcs');
    await expect(findGlobalCluster(client)).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      details: { subject: 'HCSCluster cpaas-system/global', found: 'cpaas-system/my-hcs' },
    });
    await infra('global');
    await findClusterPhase.run(context());
    const networks = { clusterCIDR: '100.3.0.0/16', serviceCIDR: '100.4.0.0/16' };
    const ha = { vip: '192.0.2.10', vport: 6443, isThirdParty: true } as const;
    await expect(findClusterPhase.run(context({ cluster: { ...networks, features: { ha } } }))).rejects.toMatchObject({
      code: 'INSTALLER_REQUEST_INVALID',
    });
  });

  it('wait for the Cluster, then for its control plane, and name what holds them up', async () => {
    await cluster('global');
    await client.create<KubeObject>(resources.kubeadmControlPlanes, {
      apiVersion: 'controlplane.cluster.x-k8s.io/v1beta1',
      kind: 'KubeadmControlPlane',
      metadata: { name: 'global-kcp', namespace },
      spec: {
        version: 'v1.33.7-2',
        replicas: 3,
        machineTemplate: {
          infrastructureRef: { apiVersion: INFRA, kind: 'HCSMachineTemplate', name: 'global-master' },
        },
        kubeadmConfigSpec: {},
      },
    });
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const conditions = [
      { type: 'Ready', status: 'False', lastTransitionTime },
      {
        type: 'InfrastructureReady',
        status: 'False',
        reason: 'QuotaExceeded',
        message: 'no more ELBs',
        lastTransitionTime,
      },
    ];
    await status(resources.clusters, 'global', { phase: 'Provisioning', conditions });
    const run = controlPlanePhase.run({
      ...context(),
      waiting: (message) => {
        waits.push(message);
        if (waits.length === 1) void status(resources.clusters, 'global', { phase: 'Provisioned' });
        if (message.startsWith('KubeadmControlPlane'))
          void status(resources.kubeadmControlPlanes, 'global-kcp', {
            conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
          });
      },
    });
    await run;
    expect(waits).toEqual([
      'Cluster global is not Provisioned: InfrastructureReady: QuotaExceeded: no more ELBs',
      'KubeadmControlPlane global-kcp is not Ready: no conditions yet',
    ]);
  });

  it('make a console certificate for every address of the platform once, and another when there are more', async () => {
    await cluster('global');
    await infra('global');
    const certificate = async (): Promise<X509Certificate> => {
      const secret = await client.get(resources.secrets, { name: 'platform-console-tls', namespace });
      return new X509Certificate(Buffer.from(String(fieldAt(secret, 'data', 'tls.crt')), 'base64'));
    };
    await consoleCertificatePhase.run(context());
    const made = await certificate();
    await consoleCertificatePhase.run(context());
    expect((await certificate()).serialNumber).toBe(made.serialNumber);
    expect(made.checkHost('platform.example.com', { subject: 'never' })).toBe('platform.example.com');
    // The endpoint that the infra cluster names is asked for, too.
    const endpoint = { spec: { controlPlaneEndpoint: { host: '192.0.2.77', port: 6443 } } };
    await client.patch(resources.hcsClusters, { name: 'global', namespace }, { type: 'merge', body: endpoint });
    await consoleCertificatePhase.run(context({ console: { ...request.console, host: ['192.0.2.10'] } }));
    const next = await certificate();
    expect(next.serialNumber).not.toBe(made.serialNumber);
    expect(['192.0.2.10', '192.0.2.77'].map((ip) => next.checkIP(ip))).toEqual(['192.0.2.10', '192.0.2.77']);
  });

  it('place a given certificate as it is, once it is sound for every address', async () => {
    await cluster('global');
    const hcs = await infra('global');
    await client.patch(
      resources.hcsClusters,
      { name: 'global', namespace },
      {
        type: 'merge',
        body: { spec: { ...(hcs['spec'] as object), controlPlaneEndpoint: { host: '192.0.2.77', port: 6443 } } },
      },
    );
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const authority = await CertificateAuthority.create('company');
    const given = async (ipAddresses: string[]): Promise<Partial<InstallerRequest>> => {
      const pair = await authority.issue({ commonName: 'x', dnsNames: ['platform.example.com'], ipAddresses });
      const thirdParty = {
        certificate: encode(pair.certificatePem),
        privateKey: encode(pair.keyPem),
        pkcs12: encode('archive'),
        pkcs12Password: 'not base64!',
      };
      return { console: { ...request.console, cert: { thirdParty } } };
    };
    await expect(consoleCertificatePhase.run(context(await given([])))).rejects.toMatchObject({
      code: 'INSTALLER_REQUEST_INVALID',
      message: '/console/cert/thirdParty/certificate has no subject alternative name for 192.0.2.77',
    });
    const sound = await given(['192.0.2.77']);
    await consoleCertificatePhase.run(context(sound));
    const secret = await client.get(resources.secrets, { name: 'platform-console-tls', namespace });
    expect(fieldAt(secret, 'data')).toEqual({
      'tls.crt': fieldAt(sound, 'console', 'cert', 'thirdParty', 'certificate'),
      'tls.key': fieldAt(sound, 'console', 'cert', 'thirdParty', 'privateKey'),
      pkcs12: encode('archive'),
      pkcs12Password: encode('not base64!'),
    });
  });

  it('count an AppRelease as installed only in the revision that is wanted', async () => {
    const charts = [{ name: 'ait/chart-x', releaseName: 'x', targetRevision: 'v2' }];
    const release = appReleaseOf({ name: 'x', charts, values: platformValues(request, []) }, request);
    expect(fieldAt(release, 'spec', 'source')).toEqual({ charts, repoURL: 'platform.example.com:11443' });
    const report = (phase: string, installedRevision: string): Promise<KubeObject> =>
      status(resources.appReleases, 'x', {
        phase,
        charts: [{ name: 'ait/chart-x', phase, installedRevision }],
      });
    const answers = [() => report('Success', 'v1'), () => report('Failed', 'v1'), () => report('Success', 'v2')];
    await installReleases(
      {
        ...context(),
        waiting: (m) => void (waits.push(m), void answers[waits.length - 1]?.()),
        blocked: (m) => void (waits.push(`blocked: ${m}`), void answers[waits.length - 1]?.()),
      },
      client,
      [release],
    );
    expect(waits).toEqual(['AppRelease x: not begun', 'AppRelease x: Success', 'blocked: AppRelease x: Failed']);
  });

  it('take the newest version of a chart', () => {
    expect(newestTag(['v1.2.9', 'v1.10.0', 'v1.10.0-rc.1', 'latest'])).toBe('v1.10.0');
    expect(newestTag([])).toBeUndefined();
  });
});
