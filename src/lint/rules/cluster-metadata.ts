import { fieldAt } from '../../kube/index.ts';
import { CLUSTER_NAME, shown, type ManifestRule, type ProviderFacts } from '../../providers/index.ts';

/** Labels and annotations of Cluster with the value that each must have; undefined: any value that is not empty. */
function required(provider: ProviderFacts): { field: 'labels' | 'annotations'; key: string; value?: string }[] {
  const { kinds } = provider;
  return [
    { field: 'labels', key: 'is-global', value: 'true' },
    { field: 'labels', key: 'cluster-type', value: provider.clusterType },
    {
      field: 'annotations',
      key: 'capi.cpaas.io/resource-group-version',
      value: `${kinds.cluster.group}/${kinds.cluster.version}`,
    },
    { field: 'annotations', key: 'capi.cpaas.io/resource-kind', value: kinds.cluster.kind },
    { field: 'annotations', key: 'cpaas.io/registry-address' },
    ...provider.clusterAnnotations.map((key) => ({ field: 'annotations' as const, key })),
  ];
}

/** Counted by a controller; a preset value would be taken for its own. */
const computed = ['cpaas.io/cpu-cores-number', 'cpaas.io/memories', 'cpaas.io/nodes-number'];

export const clusterMetadata: ManifestRule = {
  code: 'MANIFEST_CLUSTER_METADATA',
  severity: 'error',
  what: 'Cluster carries the labels and annotations that installer and platform read.',
  why: 'Without them the cluster is not taken for the global one, or its network and registry are not set up.',
  guide: 'Step 4',
  *check({ provider, find }) {
    const at = find('Cluster', CLUSTER_NAME);
    if (!at) return;
    for (const { field, key, value } of required(provider)) {
      const found = fieldAt(at.object, 'metadata', field, key);
      if (value === undefined ? typeof found === 'string' && found !== '' : found === value) continue;
      yield {
        at,
        path: ['metadata', field, key],
        message: `${field === 'labels' ? 'label' : 'annotation'} ${key} is ${found === undefined ? 'missing' : shown(found)}`,
        expected: value ?? 'a value',
        found: shown(found),
      };
    }
    for (const key of computed)
      if (fieldAt(at.object, 'metadata', 'annotations', key) !== undefined)
        yield {
          at,
          path: ['metadata', 'annotations', key],
          message: `annotation ${key} is computed by a controller and must not be preset`,
          hint: 'Remove it.',
        };
  },
};
