import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isGlobalctlError, toGlobalctlError } from '../../../base/index.ts';
import { connectEtcd, type EtcdClient } from '../../../etcd/index.ts';
import { programOnPath, startEtcdProcess, type EtcdProcess } from '../../../etcd/debian-etcd.fixture.ts';
import { fieldAt, HttpKubeClient, resources, type KubeClient } from '../../../kube/index.ts';
import { CertificateAuthority } from '../../../lab/pki/index.ts';
import { FaultyApi } from '../../../../test/rigs/apprelease/faulty-api.ts';
import { importCluster, type ImportOptions } from './import.ts';
import { populate, prepareSource, Side } from '../../../../test/rigs/import/sides.ts';

const LIMIT_MS = 60_000;
const moved = [resources.clusters, resources.kubeadmControlPlanes, resources.machines, resources.kubeadmConfigs];

function optionsFor(source: Side, target: Side, changes: Partial<ImportOptions> = {}): ImportOptions {
  return {
    source: source.client,
    target: target.client,
    connectEtcds: () =>
      Promise.resolve({ source: source.store, target: target.store, [Symbol.asyncDispose]: () => Promise.resolve() }),
    ensureBackup: () => Promise.resolve('/backup.tar.gz'),
    signal: AbortSignal.timeout(LIMIT_MS),
    log: () => undefined,
    ...changes,
  };
}

describe.each(['etcdctl', 'kubectl'] as const)('an import by method %s', (method) => {
  let source: Side;
  let target: Side;
  let faulty: FaultyApi;
  let client: KubeClient;
  beforeAll(async () => {
    source = await Side.start();
    await populate(source, 2);
  });
  beforeEach(async () => {
    await prepareSource(source, method);
    target = await Side.start();
    faulty = await FaultyApi.before(await target.server.adminKubeconfig());
    client = await HttpKubeClient.fromText(faulty.kubeconfigText);
  });
  afterEach(async () => {
    await client.close();
    await faulty[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
  });

  it.each([
    ['500', { status: 500, reason: 'InternalError' }],
    ['409', { status: 409, reason: 'Conflict' }],
    ['429', { status: 429, reason: 'TooManyRequests', retryAfterSeconds: 0 }],
    ['nothing at all', undefined],
  ])(
    'comes through an API server that answers writes with %s, tried again as the installer does',
    async (_what, answer) => {
      // Each kind of write fails a few times, somewhere in the middle of the work.
      for (const [verb, path] of [
        ['POST', /customresourcedefinitions/],
        ['POST', /machines\?/],
        ['POST', /secrets\?/],
        ['PATCH', /status/],
        ['PATCH', /clusters\/global\?/],
      ] as const)
        faulty.faults.push({ method: verb, path, times: 2, ...(answer && { answer }) });
      let attempts = 0;
      let objects: number | undefined;
      while (objects === undefined && attempts < 25) {
        attempts++;
        try {
          ({ objects } = await importCluster(optionsFor(source, target, { target: client })));
          break;
        } catch (thrown) {
          const error = toGlobalctlError(thrown);
          expect(['KUBE_API', 'KUBE_UNREACHABLE']).toContain(error.code);
          expect(fieldAt(await source.cluster(), 'spec', 'paused')).toBe(true);
        }
      }
      const cluster = await target.cluster();
      expect(fieldAt(cluster, 'spec', 'paused')).toBe(false);
      expect(fieldAt(await source.cluster(), 'spec', 'paused')).toBe(true);
      for (const resource of moved)
        expect((await target.list(resource)).map((o) => o['status'])).toEqual(
          (await source.list(resource)).map((o) => o['status']),
        );
      const left = faulty.faults.filter((fault) => fault.times > 0).map((fault) => String(fault.path));
      // By key neither Machines nor states go through the API.
      expect(left).toEqual(method === 'etcdctl' ? ['/machines\\?/', '/status/'] : []);
    },
    LIMIT_MS,
  );
});

const etcd = programOnPath('etcd');
if (etcd === undefined)
  it.skip('an import between real etcds with TLS: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () =>
    undefined);
else
  describe('an import between real etcds that ask for client certificates', () => {
    let folder: string;
    let servers: EtcdProcess[];
    let stores: EtcdClient[];
    let tls: { ca: string; certificate: string; key: string };
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'globalctl-import-tls-'));
      const file = async (name: string, content: string): Promise<string> => {
        await writeFile(join(folder, name), content);
        return join(folder, name);
      };
      const authority = await CertificateAuthority.create('etcd');
      const member = await authority.issue({ commonName: 'member', ipAddresses: ['127.0.0.1'] });
      const user = await authority.issue({ commonName: 'installer', usages: ['client'] });
      tls = { ca: authority.certificatePem, certificate: user.certificatePem, key: user.keyPem };
      const flags = [
        `--cert-file=${await file('member.crt', member.certificatePem)}`,
        `--key-file=${await file('member.key', member.keyPem)}`,
        `--trusted-ca-file=${await file('ca.crt', authority.certificatePem)}`,
        '--client-cert-auth',
      ];
      servers = await Promise.all([startEtcdProcess(etcd, flags), startEtcdProcess(etcd, flags)]);
      stores = await Promise.all(
        servers.map(({ endpoint }) => connectEtcd({ endpoints: [`https://${endpoint}`], tls })),
      );
    }, LIMIT_MS);
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    });

    it(
      'copies every key with its uid; without a certificate it cannot begin, and pauses nothing',
      async () => {
        const [from, to] = stores;
        await using source = await Side.start(from);
        await using target = await Side.start(to);
        await populate(source, 2);
        await prepareSource(source, 'etcdctl');
        const strangers: ImportOptions['connectEtcds'] = async () => {
          const [a, b] = await Promise.all(
            servers.map(({ endpoint }) =>
              connectEtcd({ endpoints: [`https://${endpoint}`], tls: { ca: tls.ca }, timeoutMs: 2000 }),
            ),
          );
          if (!a || !b) throw new Error('not connected');
          return { source: a, target: b, [Symbol.asyncDispose]: () => Promise.resolve() };
        };
        const refused = await importCluster(optionsFor(source, target, { connectEtcds: strangers })).catch(
          (error: unknown) => error,
        );
        expect(isGlobalctlError(refused, 'ETCD_UNREACHABLE')).toBe(true);
        expect(fieldAt(await source.cluster(), 'spec', 'paused')).toBe(false);
        expect(await importCluster(optionsFor(source, target))).toEqual({ objects: 10 });
        for (const resource of moved)
          expect((await target.list(resource)).map((o) => o.metadata.uid)).toEqual(
            (await source.list(resource)).map((o) => o.metadata.uid),
          );
      },
      LIMIT_MS,
    );
  });
