import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGlobalctlError, SeededRandom, systemClock } from '../../../base/index.ts';
import { HttpKubeClient, resources } from '../../../kube/index.ts';
import { createClusterCertificates } from '../../apiserver/index.ts';
import { PodLogStore } from '../../kubelet/index.ts';
import type { ControlPlane, ControlPlaneRequest } from '../control-plane.ts';
import { createEtcdCertificates } from '../etcd-certificates.ts';
import { findEnvtestBinaries } from './binaries.ts';
import { startEnvtestControlPlane } from './envtest-control-plane.ts';
import { fakeServers } from './fake-programs.fixture.ts';

const START_LIMIT_MS = 120_000;

let folder: string;
const said: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-envtest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function request(): Promise<ControlPlaneRequest> {
  return {
    name: 'one',
    certificates: await createClusterCertificates({}),
    etcdCertificates: await createEtcdCertificates({ names: [] }),
    kubernetesVersion: 'v1.33.7',
    serviceCIDR: '10.96.0.0/16',
    apiServer: {
      args: {
        'audit-policy-file': '/etc/kubernetes/audit/policy.yaml',
        'audit-log-path': '/etc/kubernetes/audit/audit.log',
        'kubelet-certificate-authority': '/etc/kubernetes/pki/ca.crt',
        'tls-min-version': 'VersionTLS13',
      },
      files: new Map([
        [
          '/etc/kubernetes/audit/policy.yaml',
          'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n',
        ],
      ]),
    },
    validators: {},
    logs: new PodLogStore(),
    storage: undefined,
    proxyUrl: 'http://127.0.0.1:9',
    clock: systemClock,
    random: new SeededRandom(1),
    log: (line) => said.push(line),
  };
}

/** Ids of the processes that mention the text in their arguments. */
function processesWith(text: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(text)).map((line) => Number(line.trim().split(' ')[0]));
}

it('reports an etcd that ends at once with what it said, and leaves nothing behind', async () => {
  await using programs = await fakeServers({ etcd: 'echo "no space left on device"; exit 1', kubeApiServer: '' });
  const binaries = await findEnvtestBinaries(programs.folder);
  const error: unknown = await startEnvtestControlPlane({ binaries, folder })(await request()).catch(
    (thrown: unknown) => thrown,
  );
  expect(isGlobalctlError(error, 'LAB_CONTROL_PLANE') && error.details).toMatchObject({
    message: 'etcd did not start: exit code 1',
    subject: join(folder, 'one/etcd.log'),
    found: 'no space left on device',
  });
  expect(await readdir(join(folder, 'one'))).toEqual(['etcd.log']);
});

const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';

describe.skipIf(assets === '')('real servers (KUBEBUILDER_ASSETS)', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    const asked = await request();
    controlPlane = await startEnvtestControlPlane({ binaries: await findEnvtestBinaries(assets), folder })(asked);
    const admin = await asked.certificates.authority.issue({ commonName: 'root', organizations: ['system:masters'] });
    const client = new HttpKubeClient({
      server: `https://127.0.0.1:${String(controlPlane.apiPort)}`,
      caPem: asked.certificates.authority.certificatePem,
      insecureSkipTlsVerify: false,
      clientCertificatePem: admin.certificatePem,
      clientKeyPem: admin.keyPem,
    });
    expect((await client.get(resources.namespaces, { name: 'default' })).metadata.name).toBe('default');
    await client.close();
  }, START_LIMIT_MS);
  afterAll(() => controlPlane?.close());

  it('goes by the arguments and files of the site', async () => {
    expect(await readFile(join(folder, 'one/audit.log'), 'utf8')).toContain('"level":"Metadata"');
  });

  it('a server that is killed is reported with its log, and the others go when the cluster does', async () => {
    const [etcd, ...more] = processesWith(`--data-dir=${join(folder, 'one/data/etcd')}`).filter(
      (pid) => !execFileSync('ps', ['-o', 'args=', String(pid)], { encoding: 'utf8' }).includes('sh -c'),
    );
    expect(more).toEqual([]);
    expect(controlPlane.failure()).toBeUndefined();
    process.kill(etcd ?? 0, 'SIGTERM');
    await expect.poll(() => said.join('\n'), { timeout: 20_000 }).toContain('one: etcd ended: ');
    expect(controlPlane.failure()).toContain(join(folder, 'one/etcd.log'));
    await controlPlane.close();
    expect(processesWith(folder)).toEqual([]);
    expect((await readdir(join(folder, 'one'))).sort()).toEqual(['audit.log', 'etcd.log', 'kube-apiserver.log']);
  });
});
