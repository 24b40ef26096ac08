import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, PlacedObject } from '../../rule.ts';
import { listAt, recordAt, shown, textAt } from '../../shared/reading.ts';

const label = 'addons.cluster.x-k8s.io/vsphere-cpi';

/** The carriers that a ClusterResourceSet names, found in its namespace. */
function carriers(set: PlacedObject, find: (kind: string, name: unknown) => PlacedObject | undefined): PlacedObject[] {
  return listAt(set.object, ['spec', 'resources']).flatMap(
    (entry) => find(String(fieldAt(entry, 'kind')), fieldAt(entry, 'name')) ?? [],
  );
}

export const cloudProviderRule: ManifestRule = {
  code: 'MANIFEST_CPI',
  severity: 'error',
  what: "A ClusterResourceSet in the Cluster's namespace selects it and carries the cloud provider for its vCenter.",
  why: 'Without it nodes get no provider ID and stay tainted; a set in another namespace delivers nothing and says nothing.',
  guide: 'Step 4',
  example: {
    bad: `kind: ClusterResourceSet
metadata:
  name: global-vsphere-cpi
spec:
  clusterSelector:
    matchLabels:
      addons.cluster.x-k8s.io/vsphere-cpi: "true" # the Cluster has enabled
`,
    good: `kind: ClusterResourceSet
metadata:
  name: global-vsphere-cpi
spec:
  clusterSelector:
    matchLabels:
      addons.cluster.x-k8s.io/vsphere-cpi: enabled
`,
  },
  *check({ ofKind, find }) {
    const cluster = ofKind('Cluster')[0];
    if (!cluster) return;
    const labels = recordAt(cluster.object, ['metadata', 'labels']);
    const set = ofKind('ClusterResourceSet').find((candidate) => {
      const wanted = Object.entries(recordAt(candidate.object, ['spec', 'clusterSelector', 'matchLabels']));
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    });
    if (!set) {
      yield {
        at: cluster,
        path: ['metadata', 'labels', label],
        message: 'no ClusterResourceSet selects the Cluster',
        expected: `label ${label}: enabled and a ClusterResourceSet that selects it`,
        found: shown(labels[label]),
      };
      return;
    }
    const { namespace } = cluster.object.metadata;
    const parts = carriers(set, find);
    for (const at of [set, ...parts])
      if (at.object.metadata.namespace !== namespace)
        yield {
          at,
          path: ['metadata', 'namespace'],
          message: 'it delivers nothing from here: the Cluster is in another namespace',
          expected: shown(namespace),
          found: shown(at.object.metadata.namespace),
        };
    const server = textAt(ofKind('VSphereCluster')[0]?.object, ['spec', 'server']);
    const config = parts.find((part) => textAt(part.object, ['data', 'data'])?.includes('vsphere.conf'));
    if (!config || server === undefined) return;
    const text = textAt(config.object, ['data', 'data']) ?? '';
    if (!text.includes(`[VirtualCenter "${server}"]`))
      yield {
        at: config,
        path: ['data', 'data'],
        message: 'the cloud provider is configured for another vCenter than VSphereCluster',
        expected: `[VirtualCenter "${server}"]`,
        found: /\[VirtualCenter "[^"]*"\]/.exec(text)?.[0] ?? 'none',
      };
    const selector = fieldAt(ofKind('VSphereCluster')[0]?.object, 'spec', 'failureDomainSelector') !== undefined;
    if (selector !== text.includes('[Labels]'))
      yield {
        at: config,
        path: ['data', 'data'],
        message: 'failureDomainSelector and [Labels] of the cloud provider are enabled together or not at all',
        expected: selector ? 'a section [Labels]' : 'no section [Labels]',
        found: selector ? 'none' : '[Labels]',
      };
  },
};
