import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SeededRandom, systemClock } from '../../../base/index.ts';
import {
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
} from '../../../kube/index.ts';
import { coreCrds } from '../../../kube/crds/index.ts';
import { GATE } from '../../../platform/etcd-sync/index.ts';
import { startApiServer, type ApiServer } from '../../apiserver/index.ts';
import { MemoryStore } from '../../etcd/index.ts';
import { runReconcilers } from './index.ts';

const namespace = PLATFORM_NAMESPACE;
let store: MemoryStore;
let server: ApiServer;
let client: KubeClient;
let stop: AbortController;
let running: Promise<void>;
const seen: string[] = [];
let wake: () => void = () => undefined;

beforeAll(async () => {
  store = new MemoryStore();
  server = await startApiServer({ store });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  for (const name of [namespace, 'elsewhere'])
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const crd of coreCrds) await client.create(resources.customResourceDefinitions, crd);
  stop = new AbortController();
  const environment = {
    client,
    clock: systemClock,
    random: new SeededRandom(1),
    signal: stop.signal,
    log: () => undefined,
  };
  await new Promise<void>((resolve) => {
    const reconciler = {
      name: 'machineset',
      resource: resources.machineSets,
      reconcile: (key: { readonly key: string }) => {
        seen.push(key.key);
        wake();
        return Promise.resolve();
      },
    };
    running = runReconcilers(environment, [reconciler], resolve);
  });
});
beforeEach(() => void seen.splice(0));
afterAll(async () => {
  stop.abort();
  await running;
  await client.close();
  await server.close();
  await store.close();
});

async function reconciled(key: string): Promise<void> {
  while (!seen.includes(key)) await new Promise<void>((resolve) => (wake = resolve));
}

async function create(name: string, owner?: KubeObject, where = namespace): Promise<void> {
  const owners: OwnerReference[] = owner
    ? [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name ?? '',
          uid: owner.metadata.uid ?? '',
        },
      ]
    : [];
  const template = { spec: { clusterName: 'x', bootstrap: {}, infrastructureRef: {} } };
  await client.create(resources.machineSets, {
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'MachineSet',
    metadata: { name, namespace: where, ownerReferences: owners },
    spec: { clusterName: 'x', selector: {}, template },
  });
}

function deployment(name: string): Promise<KubeObject> {
  const template = { spec: { clusterName: 'x', bootstrap: {}, infrastructureRef: {} } };
  return client.create(resources.machineDeployments, {
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'MachineDeployment',
    metadata: { name, namespace },
    spec: { clusterName: 'x', selector: {}, template },
  });
}

test('without the gate everything is reconciled', async () => {
  await create('apps-1');
  await reconciled(`${namespace}/apps-1`);
});

test('while the gate stands, what global owns goes on and all else waits until it is gone', async () => {
  await client.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...GATE },
    data: { role: 'standby' },
  });
  // The gate is seen by a watch of its own: what comes after something that was let through or held tells that it stands.
  let round = 0;
  for (;;) {
    const [probe, marker] = [`probe-${String(++round)}`, `global-marker-${String(round)}`];
    await create(probe);
    await create(marker);
    await reconciled(`${namespace}/${marker}`);
    if (!seen.includes(`${namespace}/${probe}`)) break;
  }
  const [own, foreign] = [await deployment('global-workers'), await deployment('workers')];
  await create('workers-5f6d', foreign);
  await create('pool-5f6d', own);
  await create('global-looks-like-it', undefined, 'elsewhere');
  await reconciled(`${namespace}/pool-5f6d`);
  await create('global-last');
  await reconciled(`${namespace}/global-last`);
  expect(seen.filter((key) => /workers-5f6d|looks-like-it/.test(key))).toEqual([]);

  await client.delete(resources.configMaps, GATE);
  await reconciled(`${namespace}/workers-5f6d`);
  await reconciled('elsewhere/global-looks-like-it');
});
