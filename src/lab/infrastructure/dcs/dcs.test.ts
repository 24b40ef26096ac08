import { describe, expect, it } from 'vitest';
import { conditionOf, resources } from '../../../kube/index.ts';
import type { Cluster, KubeadmControlPlane, Machine, Node } from '../../capi/index.ts';
import { rehearseSite } from '../testing/rehearsed-site.ts';
import type { DcsMachine } from './objects.ts';

describe('The DCS provider', () => {
  it('makes the cluster of the example site: every machine runs, the control plane is ready, all nodes are ready', async () => {
    await using site = await rehearseSite('dcs');
    await site.applyManifest();
    await site.until(resources.kubeadmControlPlanes, ([kcp]) =>
      kcp && conditionOf(kcp, 'Ready')?.status === 'True' ? true : undefined,
    );
    await site.until(resources.machines, (machines) =>
      machines.length === 5 && machines.every((m) => conditionOf(m, 'NodeHealthy')?.status === 'True')
        ? true
        : undefined,
    );
    const [cluster] = (await site.client.list<Cluster>(resources.clusters)).items;
    expect(cluster?.status?.phase).toBe('Provisioned');
    const [kcp] = (await site.client.list<KubeadmControlPlane>(resources.kubeadmControlPlanes)).items;
    expect(kcp?.status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, unavailableReplicas: 0 });
    const machines = (await site.client.list<Machine>(resources.machines)).items;
    expect(machines.map((m) => m.status?.phase)).toEqual(Array.from({ length: 5 }, () => 'Running'));
    const client = await site.newCluster();
    const nodes = (await client.list<Node>(resources.nodes)).items;
    expect(nodes.map((n) => n.metadata.name).sort()).toEqual([
      'global-cp-1',
      'global-cp-2',
      'global-cp-3',
      'global-worker-1',
      'global-worker-2',
    ]);
    const dcs = (await site.client.list<DcsMachine>(resources.dcsMachines)).items;
    for (const machine of dcs) expect(machine.spec?.providerID).toBe(`dcs://${machine.metadata.name ?? ''}`);
    await client.close();
  }, 60_000);
});
