import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, ManifestView, PlacedObject, RuleHit } from '../../rule.ts';
import { credentialSecretOf, secretValue } from '../../shared/credential-secret.ts';
import { readEmbedded } from '../../shared/embedded-yaml.ts';
import { isRecord, listAt, recordAt, shown, textAt } from '../../shared/reading.ts';
import { carrierDocuments, carrierText, deliveryHits } from './cpi-delivery.ts';
import { slip } from '../../shared/rule-example.ts';

const label = 'addons.cluster.x-k8s.io/vsphere-cpi';

/** The carriers that a ClusterResourceSet names, found in its namespace. */
function carriers(set: PlacedObject, find: (kind: string, name: unknown) => PlacedObject | undefined): PlacedObject[] {
  return listAt(set.object, ['spec', 'resources']).flatMap(
    (entry) => find(String(fieldAt(entry, 'kind')), fieldAt(entry, 'name')) ?? [],
  );
}

/** Cluster API takes Secrets of this type alone for delivery. */
const carrierType = 'addons.cluster.x-k8s.io/resource-set';

/** Each carrier holds Kubernetes objects as text; what has a namespace goes to kube-system. */
function* contentHits(parts: readonly PlacedObject[]): Generator<RuleHit> {
  for (const at of parts) {
    const documents = carrierDocuments(at);
    const broken = documents.find((text) => {
      const read = readEmbedded(text);
      const object = read.readable ? read.value : undefined;
      return !isRecord(object) || typeof object['apiVersion'] !== 'string' || typeof object['kind'] !== 'string';
    });
    if (documents.length > 0 && broken === undefined) continue;
    yield {
      at,
      path: carrierText(at).path,
      message:
        documents.length === 0 ? 'the carrier is empty' : 'the carrier holds a text that is no Kubernetes object',
      expected: 'Kubernetes objects under the key data',
      found: documents.length === 0 ? 'nothing' : 'another text',
    };
  }
}

/** The account in the delivered Secret is that of the credential Secret. */
function* accountHits(view: ManifestView, parts: readonly PlacedObject[]): Generator<RuleHit> {
  const credential = credentialSecretOf(view);
  const server = textAt(view.ofKind('VSphereCluster')[0]?.object, ['spec', 'server']);
  const at = parts.find(({ object }) => object.kind === 'Secret');
  const entry = at && secretValue(at, 'data');
  if (!credential || !at || !entry || server === undefined) return;
  const read = readEmbedded(entry.value);
  if (!read.readable || !isRecord(read.value)) {
    yield {
      at,
      path: entry.path,
      message: 'the delivered Secret cannot be read',
      expected: 'a Secret',
      found: 'another text',
    };
    return;
  }
  const delivered = { object: read.value as PlacedObject['object'] };
  for (const key of ['username', 'password']) {
    const own = secretValue(credential, key)?.value;
    const found = secretValue(delivered, `${server}.${key}`)?.value;
    if (own !== undefined && found !== own)
      yield {
        at,
        path: entry.path,
        message: `${server}.${key} is ${found === undefined ? 'missing' : `not the ${key} of the credential Secret`}`,
        expected: `the ${key} of ${String(credential.object.metadata.name)}`,
        found: found === undefined ? 'none' : 'another text',
      };
  }
}

/** The datacenters of all pool entries. */
function datacentersOf({ ofKind }: ManifestView): Set<string> {
  const names = ofKind('VSphereMachineConfigPool').flatMap(({ object }) =>
    listAt(object, ['spec', 'configs']).map(
      (slot) => fieldAt(slot, 'datacenter') ?? fieldAt(object, 'spec', 'datacenter'),
    ),
  );
  return new Set(names.filter((name): name is string => typeof name === 'string' && name !== ''));
}

export const cloudProviderRule: ManifestRule = {
  code: 'MANIFEST_CPI',
  severity: 'error',
  what: "A ClusterResourceSet in the Cluster's namespace selects it and carries the cloud provider for its vCenter.",
  why: 'Without it nodes get no provider ID and stay tainted; a set in another namespace delivers nothing and says nothing.',
  guide: 'Step 4',
  example: slip(
    `kind: ClusterResourceSet
metadata:
  name: global-vsphere-cpi
spec:
  clusterSelector:
    matchLabels:
      addons.cluster.x-k8s.io/vsphere-cpi: enabled
`,
    'addons.cluster.x-k8s.io/vsphere-cpi: enabled',
    'addons.cluster.x-k8s.io/vsphere-cpi: "true" # the Cluster has enabled',
  ),
  *check(view) {
    const { ofKind, find } = view;
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
    for (const at of parts)
      if (at.object.kind === 'Secret' && at.object['type'] !== carrierType)
        yield {
          at,
          path: ['type'],
          message: `a ClusterResourceSet delivers no Secret of type ${shown(at.object['type'])}`,
          expected: carrierType,
          found: shown(at.object['type']),
          fixes: [{ change: 'set', at, path: ['type'], value: carrierType }],
        };
    yield* contentHits(parts);
    yield* deliveryHits(set, parts);
    yield* accountHits(view, parts);
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
    const listed =
      /^\s*datacenters\s*=\s*"([^"]*)"/m
        .exec(text)?.[1]
        ?.split(',')
        .map((name) => name.trim()) ?? [];
    for (const datacenter of datacentersOf(view))
      if (!listed.includes(datacenter))
        yield {
          at: config,
          path: ['data', 'data'],
          message: `the cloud provider does not look into datacenter ${datacenter}, where nodes stand`,
          expected: `${datacenter} among datacenters`,
          found: listed.join(', ') || 'none',
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
