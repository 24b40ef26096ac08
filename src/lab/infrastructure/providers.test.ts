import { describe, expect, it } from 'vitest';
import { conditionOf, PLATFORM_NAMESPACE, resources } from '../../kube/index.ts';
import type { Cluster, KubeadmControlPlane, Machine, Node } from '../capi/index.ts';
import { rehearseSite, type ProviderName } from '../../../test/rigs/infrastructure/rehearsed-site.ts';

const nodeNames = ['global-cp-1', 'global-cp-2', 'global-cp-3', 'global-worker-1', 'global-worker-2'];

function isWhole(controlPlane: KubeadmControlPlane): boolean {
  return conditionOf(controlPlane, 'Ready')?.status === 'True' && controlPlane.status?.readyReplicas === 3;
}

describe.each<{ provider: ProviderName; providerID: RegExp }>([
  { provider: 'dcs', providerID: /^dcs:\/\/global-/ },
  { provider: 'vsphere', providerID: /^vsphere:\/\/[0-9a-f-]{36}$/ },
  { provider: 'hcs', providerID: /^hcs:\/\/[0-9a-f-]{36}$/ },
])('The example site of $provider', ({ provider, providerID }) => {
  it('becomes a cluster: provisioned, its control plane ready, every machine running, every node ready', async () => {
    await using site = await rehearseSite(provider);
    await site.applyManifest();
    await site.until(resources.kubeadmControlPlanes, ([kcp]) =>
      kcp && isWhole(kcp as KubeadmControlPlane) ? true : undefined,
    );
    await site.until(resources.machines, (machines) =>
      machines.length > 3 && machines.every((m) => conditionOf(m, 'NodeHealthy')?.status === 'True') ? true : undefined,
    );
    const [cluster] = (await site.client.list<Cluster>(resources.clusters)).items;
    expect(cluster?.status?.phase).toBe('Provisioned');
    const [kcp] = (await site.client.list<KubeadmControlPlane>(resources.kubeadmControlPlanes)).items;
    expect(kcp?.status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, unavailableReplicas: 0 });
    const machines = (await site.client.list<Machine>(resources.machines)).items;
    expect(new Set(machines.map((m) => m.status?.phase))).toEqual(new Set(['Running']));
    for (const machine of machines) expect(machine.spec.providerID).toMatch(providerID);
    const client = await site.newCluster();
    const nodes = (await client.list<Node>(resources.nodes)).items;
    await client.close();
    expect(nodes.map((n) => n.metadata.name).sort()).toEqual(nodeNames.slice(0, nodes.length));
    expect(nodes).toHaveLength(machines.length);
    const secrets = (await site.client.list(resources.secrets, { namespace: PLATFORM_NAMESPACE })).items;
    expect(secrets.map((s) => s.metadata.name)).toEqual(
      expect.arrayContaining(['global-ca', 'global-etcd', 'global-proxy', 'global-sa', 'global-kubeconfig']),
    );
  }, 120_000);
});
