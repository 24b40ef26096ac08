import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../base/index.ts';
import { fieldAt, HttpKubeClient, PLATFORM_NAMESPACE, resources } from '../../kube/index.ts';
import { findBinary } from '../../platform/helm/index.ts';
import { startDataCentre, type DataCentre } from '../index.ts';

let folder: string;
let dataCentre: DataCentre;
const trouble: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-centre-'));
  dataCentre = await startDataCentre({
    folder: join(folder, 'data'),
    speed: 200,
    seed: 1,
    hostIP: '192.0.2.2',
    names: new Map([['console.example.com', '192.0.2.10']]),
    log: (line) => trouble.push(line),
  });
});

afterAll(async () => {
  await dataCentre?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('bootstrapping twice at once boots one minialauda and writes its kubeconfig for its owner only', async () => {
  const root = join(folder, 'host');
  await Promise.all([dataCentre.bootstrap({ root }), dataCentre.bootstrap({ root })]);
  const path = join(root, 'var/cpaas/data/alauda.kubeconfig');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toContain('https://192.0.2.2:6443');
  const kubectl = await findBinary('kubectl');
  const { stdout } = await runCommand({
    program: kubectl.path,
    args: ['--kubeconfig', path, 'get', 'nodes', '-o', 'name'],
  });
  expect(stdout).toBe('node/minialauda-control-plane');
  expect(trouble.filter((line) => line.includes('starting minialauda'))).toHaveLength(1);
});

test('minialauda has Cluster API, the operator and the installer ready', async () => {
  const client = await HttpKubeClient.fromFile(join(folder, 'host/var/cpaas/data/alauda.kubeconfig'));
  const { items } = await client.list(resources.deployments, { namespace: PLATFORM_NAMESPACE });
  expect(items.map((d) => d.metadata.name).sort()).toEqual([
    'base-operator',
    'capi-controller-manager',
    'cpaas-installer',
  ]);
  for (const deployment of items) expect(fieldAt(deployment, 'status', 'availableReplicas')).toBe(1);
  expect(await client.find(resources.customResourceDefinitions, { name: 'clusters.cluster.x-k8s.io' })).toBeDefined();
  await client.close();
});

test('the embedded registry answers at the three addresses of the guide', () => {
  for (const host of ['127.0.0.1', '172.18.0.1', '192.0.2.2'])
    expect(dataCentre.network.resolve(host, 11443)).toBeDefined();
  expect(dataCentre.network.resolve('192.0.2.3', 11443)).toBeUndefined();
});

test('nothing inside reported trouble', () => {
  expect(trouble.filter((line) => !line.startsWith('bootstrap host'))).toEqual([]);
});
