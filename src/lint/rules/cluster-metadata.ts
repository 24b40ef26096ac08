import { fieldAt } from '../../kube/index.ts';
import { slip, isRecord, shown, type ManifestRule, type ProviderFacts } from '../../providers/index.ts';

interface RequiredKey {
  readonly field: 'labels' | 'annotations';
  readonly key: string;
  /** Undefined: any text that is not empty. */
  readonly value?: string | undefined;
}

/** Annotations of the create pages whose value is the same on every site. */
const fixedAnnotations: Readonly<Record<string, string>> = {
  'cpaas.io/alb-address-type': 'ClusterAddress',
  'cpaas.io/network-type': 'kube-ovn',
  'cpaas.io/nodes-mode': 'self-managed',
  'cpaas.io/sentry-deploy-type': 'Baremetal',
};

function required({ kinds, clusterType, clusterAnnotations }: ProviderFacts): RequiredKey[] {
  return [
    { field: 'labels', key: 'is-global', value: 'true' },
    { field: 'labels', key: 'cluster-type', value: clusterType },
    {
      field: 'annotations',
      key: 'capi.cpaas.io/resource-group-version',
      value: `${kinds.cluster.group}/${kinds.cluster.version}`,
    },
    { field: 'annotations', key: 'capi.cpaas.io/resource-kind', value: kinds.cluster.kind },
    { field: 'annotations', key: 'cpaas.io/registry-address' },
    ...clusterAnnotations.map((key): RequiredKey => ({ field: 'annotations', key, value: fixedAnnotations[key] })),
  ];
}

/** Counted by a controller; a preset value would be taken for its own. */
const computed = ['cpaas.io/cpu-cores-number', 'cpaas.io/memories', 'cpaas.io/nodes-number'];

export const clusterMetadata: ManifestRule = {
  code: 'MANIFEST_CLUSTER_METADATA',
  severity: 'error',
  what: 'Cluster carries the labels and annotations that installer and platform read, as text.',
  why: 'Seen during provisioning: without them the cluster is not taken for the global one, or its network and registry are not set up.',
  guide: 'Step 4',
  fix: 'Adds the labels and annotations that have one value only, and quotes those that YAML reads as another type.',
  example: slip(
    `kind: Cluster
metadata:
  name: global
  labels:
    is-global: "true"
`,
    'is-global: "true"',
    'is-global: true # a boolean: the API server takes text only',
  ),
  *check({ provider, scope: { root: at }, site }) {
    if (!at) return;
    for (const { field, key, value } of required(provider)) {
      const found = fieldAt(at.object, 'metadata', field, key);
      if (value === undefined ? typeof found === 'string' && found !== '' : found === value) continue;
      const path = ['metadata', field, key];
      const known = value ?? (key === 'cpaas.io/registry-address' ? site?.bootstrap.registry.nodeAddress : undefined);
      yield {
        at,
        path,
        message: `${field === 'labels' ? 'label' : 'annotation'} ${key} is ${found === undefined ? 'missing' : wrong(found)}`,
        expected: known === undefined ? 'a value' : known === 'true' ? '"true" in quotes' : known,
        found: shown(found),
        ...(found !== undefined && known !== undefined && { hint: `Write ${known === 'true' ? '"true"' : known}.` }),
        ...(known !== undefined && { fixes: [{ change: 'set', at, path, value: known, quote: known === 'true' }] }),
      };
    }
    for (const key of computed)
      if (fieldAt(at.object, 'metadata', 'annotations', key) !== undefined)
        yield {
          at,
          path: ['metadata', 'annotations', key],
          message: `annotation ${key} is computed by a controller and must not be preset`,
          hint: 'Remove it.',
          fixes: [{ change: 'remove', at, path: ['metadata', 'annotations', key] }],
        };
    const { annotations } = at.object.metadata;
    for (const [key, found] of Object.entries(isRecord(annotations) ? annotations : {}))
      if (
        typeof found !== 'string' &&
        !required(provider).some((known) => known.key === key) &&
        !computed.includes(key)
      )
        yield {
          at,
          path: ['metadata', 'annotations', key],
          message: `annotation ${key} is ${wrong(found)}`,
          expected: 'text in quotes',
          found: shown(found),
        };
  },
};

function wrong(found: unknown): string {
  return typeof found === 'string' ? shown(found) : `${shown(found)}, which is no text: write it in quotes`;
}
