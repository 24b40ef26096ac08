import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient, type Resource } from '../../../kube/index.ts';
import { GLOBAL } from '../payload.ts';
import type { ImportItem } from './import-item.ts';

const byName = (resource: Resource, names: readonly string[], origin: string): ImportItem => ({
  resource,
  statusSubresource: false,
  names: [...new Set(names)],
  method: 'kubectl',
  origin,
});

/**
 * What the cluster's objects need beside them: Cluster API's own Secrets (certificates, kubeconfig, bootstrap data), files
 * that machines take from Secrets, the content of ClusterResourceSets, and for DCS, whose objects are all part of the built-in
 * set, the Secret with its credentials (runbook §8: without it the provider in the new cluster cannot scale).
 */
export async function attachedItems(source: KubeClient, signal?: AbortSignal): Promise<ImportItem[]> {
  const namespace = PLATFORM_NAMESPACE;
  const labelled = await source.list(resources.secrets, {
    namespace,
    labelSelector: `cluster.x-k8s.io/cluster-name=${GLOBAL}`,
    signal,
  });
  const listed = async (resource: Resource): Promise<unknown[]> => {
    const crd = await source.find(
      resources.customResourceDefinitions,
      { name: `${resource.plural}.${resource.group}` },
      signal,
    );
    return crd === undefined ? [] : (await source.list(resource, { namespace, signal })).items;
  };
  const [machines, controlPlanes, templates, sets, dcsClusters] = await Promise.all([
    listed(resources.machines),
    listed(resources.kubeadmControlPlanes),
    listed(resources.kubeadmConfigTemplates),
    listed(resources.clusterResourceSets),
    listed(resources.dcsClusters),
  ]);
  const secretNames = [
    ...labelled.items.map((s) => s.metadata.name),
    ...machines.map((m) => fieldAt(m, 'spec', 'bootstrap', 'dataSecretName')),
    ...dcsClusters.map((c) => fieldAt(c, 'spec', 'credentialSecretRef', 'name')),
    ...[
      ...controlPlanes.map((c) => fieldAt(c, 'spec', 'kubeadmConfigSpec', 'files')),
      ...templates.map((t) => fieldAt(t, 'spec', 'template', 'spec', 'files')),
    ].flatMap((files) => asList(files).map((file) => fieldAt(file, 'contentFrom', 'secret', 'name'))),
  ];
  const delivered = sets.flatMap((set) => asList(fieldAt(set, 'spec', 'resources')));
  const namesOf = (kind: string): unknown[] =>
    delivered.filter((r) => fieldAt(r, 'kind') === kind).map((r) => fieldAt(r, 'name'));
  const items = [
    byName(resources.secrets, [...secretNames, ...namesOf('Secret')].filter(isName), 'built-in'),
    byName(resources.configMaps, namesOf('ConfigMap').filter(isName), 'built-in'),
  ];
  return items.filter((item) => item.names !== undefined && item.names.length > 0);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
