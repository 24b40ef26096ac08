import { describe, expect, it } from 'vitest';
import {
  conditionOf,
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE as namespace,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { Machine, Node } from '../capi/index.ts';
import { coreCrds, dcsCrds, kubeadmCrds } from '../../kube/crds/index.ts';
import type { DcsIpHostnamePool } from './dcs/objects.ts';
import {
  managerDeployment,
  rehearseSite,
  watchObjects,
  type RehearsedSite,
} from '../../../test/rigs/infrastructure/rehearsed-site.ts';

const LIMIT_MS = 120_000;

const moved: readonly Resource[] = [
  resources.secrets,
  resources.clusters,
  resources.dcsClusters,
  resources.kubeadmControlPlanes,
  resources.kubeadmConfigTemplates,
  resources.machineDeployments,
  resources.machineSets,
  resources.machines,
  resources.kubeadmConfigs,
  resources.dcsMachineTemplates,
  resources.dcsIpHostnamePools,
  resources.dcsMachines,
];

async function installed(site: RehearsedSite): Promise<void> {
  await site.applyManifest();
  await site.until(
    resources.machines,
    (machines) =>
      machines.length === 5 && machines.every((m) => conditionOf(m, 'NodeHealthy')?.status === 'True')
        ? true
        : undefined,
    LIMIT_MS,
  );
}

/** What the installer leaves in the new cluster before the objects come: namespace, kinds, account, managers. */
async function prepareManagement(client: KubeClient): Promise<void> {
  const quietly = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    });
  };
  await quietly(
    client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
  for (const crd of [...coreCrds, ...kubeadmCrds, ...dcsCrds])
    await quietly(client.create(resources.customResourceDefinitions, crd));
  const account = { kind: 'ServiceAccount', metadata: { name: 'capi-manager', namespace } };
  await quietly(client.create(resources.serviceAccounts, { apiVersion: 'v1', ...account }));
  await client.create(resources.clusterRoleBindings, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'capi-manager' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'capi-manager', namespace }],
  });
}

/** Copies the objects with their status; owners get new uids in the target, so references follow them. */
async function moveObjects(from: KubeClient, to: KubeClient): Promise<void> {
  const uids = new Map<string, string>();
  const waiting: [Resource, KubeObject][] = [];
  for (const resource of moved)
    for (const object of (await from.list(resource, { namespace })).items)
      if (object['type'] !== 'helm.sh/release.v1') waiting.push([resource, object]);
  const known = new Set(waiting.map(([, o]) => o.metadata.uid));
  while (waiting.length > 0) {
    const index = waiting.findIndex(([, o]) =>
      (o.metadata.ownerReferences ?? []).every((r) => uids.has(r.uid) || !known.has(r.uid)),
    );
    const [next] = waiting.splice(index, 1);
    if (!next) return;
    const [resource, { metadata, status, ...rest }] = next;
    const {
      uid = '',
      resourceVersion: _r,
      managedFields: _m,
      creationTimestamp: _c,
      generation: _g,
      ...kept
    } = metadata;
    const ownerReferences = (metadata.ownerReferences ?? []).map((r) => ({ ...r, uid: uids.get(r.uid) ?? r.uid }));
    const made = await to.create<KubeObject>(resource, { ...rest, metadata: { ...kept, ownerReferences } });
    uids.set(uid, made.metadata.uid ?? '');
    const ref = { name: metadata.name ?? '', namespace };
    if (status !== undefined) await to.patch(resource, ref, { type: 'merge', body: { status }, subresource: 'status' });
  }
}

describe('A running site', () => {
  it(
    'gives a machine back when it is scaled down, and is managed from the new cluster without a machine being made anew',
    async () => {
      await using site = await rehearseSite('dcs');
      const { iaas } = site.dataCentre;
      await installed(site);
      const remote = await site.newCluster();

      const deployment = { name: 'global-md-0', namespace };
      await site.client.patch(resources.machineDeployments, deployment, {
        type: 'merge',
        body: { spec: { replicas: 1 } },
      });
      await site.until(resources.dcsMachines, (machines) => (machines.length === 4 ? true : undefined), LIMIT_MS);
      await site.until(resources.machines, (machines) => (machines.length === 4 ? true : undefined));
      expect(iaas.all()).toHaveLength(4);
      expect((await remote.list<Node>(resources.nodes)).items).toHaveLength(4);
      await site.until(resources.dcsIpHostnamePools, (pools) => {
        const disks = pools.flatMap((p) => (p as DcsIpHostnamePool).status?.persistentDiskStatus ?? []);
        return disks.filter((d) => d.phase === 'Available').length === 1 && disks.length === 5 ? true : undefined;
      });

      const before = iaas
        .all()
        .map((vm) => vm.id)
        .sort();
      await site.client.patch(
        resources.clusters,
        { name: 'global', namespace },
        { type: 'merge', body: { spec: { paused: true } } },
      );
      await prepareManagement(remote);
      await moveObjects(site.client, remote);
      for (const [name, image] of [
        ['capi-controller-manager', 'ait/cluster-api-controller:v1'],
        ['kubeadm', 'ait/cluster-api-provider-kubeadm:v1'],
        ['dcs', 'ait/cluster-api-provider-dcs:v1'],
      ] as const)
        await remote.create(resources.deployments, managerDeployment(name, image));
      await remote.patch(
        resources.clusters,
        { name: 'global', namespace },
        { type: 'merge', body: { spec: { paused: false } } },
      );
      await remote.patch(resources.machineDeployments, deployment, { type: 'merge', body: { spec: { replicas: 2 } } });
      await watchObjects(
        remote,
        resources.machines,
        (machines) =>
          machines.length === 5 && machines.every((m) => fieldAt(m, 'status', 'phase') === 'Running')
            ? true
            : undefined,
        LIMIT_MS,
      );
      const after = iaas.all().map((vm) => vm.id);
      expect(after).toHaveLength(5);
      expect(after).toEqual(expect.arrayContaining(before));
      expect((await site.client.list<Machine>(resources.machines)).items).toHaveLength(4);
      await remote.close();
    },
    LIMIT_MS,
  );
});
