import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpKubeClient, resources, type KubeObject } from '../kube/index.ts';
import { startApiServer, type ApiServer } from '../lab/apiserver/index.ts';
import { MemoryStore } from '../lab/etcd/index.ts';
import { moduleCrds } from '../platform/crds/index.ts';
import { requireVerified, verifyInstallation } from './verify.ts';

let server: ApiServer;
let client: HttpKubeClient;
beforeAll(async () => {
  server = await startApiServer({ store: new MemoryStore() });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  for (const crd of moduleCrds) await client.create(resources.customResourceDefinitions, crd);
  await client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'cpaas-system' },
  });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const verify = (status = 'Success', type = 'Complete', expectedNodes = 1) =>
  verifyInstallation({
    cluster: client,
    progress: () => Promise.resolve({ status, type }),
    expectedNodes,
    credentialSecret: 'creds',
    credentialImported: true,
  });

async function withStatus(
  resource: Parameters<typeof client.create>[0],
  object: KubeObject,
  status: unknown,
): Promise<void> {
  await client.create(resource, object);
  await client.patch(resource, object.metadata as { name: string; namespace?: string }, {
    type: 'merge',
    body: { status },
    subresource: 'status',
  });
}

describe('the success criteria', () => {
  it('are all unmet in an empty cluster, each with what was seen', async () => {
    const criteria = await verify('Processing', 'Import');
    expect(criteria.filter((c) => c.ok)).toEqual([]);
    expect(Object.fromEntries(criteria.map((c) => [c.id, c.observed]))).toMatchObject({
      installer: 'status: Processing, type: Import',
      nodes: '0 of 1 nodes Ready',
      pods: 'no Pods at all',
      credentials: 'Secret cpaas-system/creds missing',
    });
    expect(() => requireVerified(criteria)).toThrowError(/6 of 6 criteria/);
  });

  it('are all met when the cluster is as the guide says, and fall one by one when it is not', async () => {
    await withStatus(
      resources.nodes,
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
      { conditions: [{ type: 'Ready', status: 'True' }] },
    );
    await client.create(resources.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'creds', namespace: 'cpaas-system' },
    });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'cpaas-system' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    await withStatus(resources.pods, pod, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    await withStatus(
      resources.clusterModules,
      { apiVersion: 'cluster.alauda.io/v1alpha2', kind: 'ClusterModule', metadata: { name: 'global' } },
      { base: { deployStatus: 'Completed' } },
    );
    await withStatus(
      resources.tkeClusters,
      { apiVersion: 'platform.tkestack.io/v1', kind: 'Cluster', metadata: { name: 'global' } },
      { phase: 'Running' },
    );
    expect((await verify()).filter((c) => !c.ok)).toEqual([]);

    expect((await verify('Success', 'Import')).filter((c) => !c.ok).map((c) => c.id)).toEqual(['installer']);
    expect((await verify('Success', 'Complete', 2)).filter((c) => !c.ok).map((c) => c.id)).toEqual(['nodes']);
    await client.patch(
      resources.pods,
      { name: 'p', namespace: 'cpaas-system' },
      {
        type: 'merge',
        subresource: 'status',
        body: {
          status: {
            conditions: [{ type: 'Ready', status: 'False' }],
            containerStatuses: [
              {
                name: 'c',
                image: 'x',
                imageID: '',
                ready: false,
                restartCount: 3,
                state: { waiting: { reason: 'CrashLoopBackOff' } },
              },
            ],
          },
        },
      },
    );
    const failed = (await verify()).filter((c) => !c.ok);
    expect(failed.map((c) => [c.id, c.observed])).toEqual([['pods', 'p (CrashLoopBackOff)']]);
  });
});
