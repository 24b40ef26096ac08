import { splitApiVersion } from '../../kube/index.ts';
import { sourceOf } from '../../manifests/index.ts';
import { isRecord, type FieldPath, type PlacedObject } from '../../providers/index.ts';

/** One place where an object names another. */
export interface ObjectReference {
  readonly from: PlacedObject;
  /** Path of the name. */
  readonly path: FieldPath;
  /** Kind of the object that is named; undefined when the reference does not say it. */
  readonly kind: string | undefined;
  readonly name: string;
}

/** References of the providers that give no kind, by the key that holds them. */
const kindOfKey: Readonly<Record<string, string>> = {
  ipHostPoolRef: 'DCSIpHostnamePool',
  configPoolRef: 'HCSMachineConfigPool',
  machineConfigPoolRef: 'VSphereMachineConfigPool',
  resourcePoolRef: 'VSphereResourcePool',
  credentialSecretRef: 'Secret',
  encryptionProviderConfigRef: 'Secret',
  secretRef: 'Secret',
  identityRef: 'Secret',
};

/** Labels whose value is the name of an object (Cluster API, labels of machines and their owners). */
const kindOfLabel: Readonly<Record<string, string>> = {
  'cluster.x-k8s.io/cluster-name': 'Cluster',
  'cluster.x-k8s.io/deployment-name': 'MachineDeployment',
  'cluster.x-k8s.io/control-plane-name': 'KubeadmControlPlane',
};

/** Fields of text that name an object, by the kind that they stand in. */
function kindOfText(key: string, path: FieldPath, owner: string): string | undefined {
  if (key === 'clusterName') return 'Cluster';
  if (key !== 'failureDomain') return undefined;
  if (owner === 'VSphereDeploymentZone' && path.length === 1) return 'VSphereFailureDomain';
  return owner.startsWith('Machine') ? 'VSphereDeploymentZone' : undefined;
}

/** Whether the object is one of Cluster API or of its providers. */
export function isClusterApi({ object }: PlacedObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

/** The file that an object stands in; undefined for what a cluster has. */
export function fileOf(placed: PlacedObject | undefined): string | undefined {
  return placed && (sourceOf(placed)?.text.file ?? placed.placeOf([])?.file);
}

/** Every name of another object in an object of Cluster API, in the order of the object. Status is left out. */
export function* referencesOf(from: PlacedObject): Generator<ObjectReference> {
  const { object } = from;
  yield* ownersOf(from);
  if (!isClusterApi(from)) return;
  yield* labelsIn(from, object.metadata.labels, ['metadata', 'labels']);
  yield* below(from, object['spec'], ['spec']);
}

function* ownersOf(from: PlacedObject): Generator<ObjectReference> {
  const owners: unknown = from.object.metadata.ownerReferences;
  if (!Array.isArray(owners)) return;
  for (const [index, owner] of owners.entries())
    if (isRecord(owner) && typeof owner['name'] === 'string')
      yield {
        from,
        path: ['metadata', 'ownerReferences', index, 'name'],
        kind: textOf(owner['kind']),
        name: owner['name'],
      };
}

function* labelsIn(from: PlacedObject, labels: unknown, path: FieldPath): Generator<ObjectReference> {
  if (!isRecord(labels)) return;
  for (const [label, kind] of Object.entries(kindOfLabel)) {
    const name = labels[label];
    if (typeof name === 'string') yield { from, path: [...path, label], kind, name };
  }
}

function* below(from: PlacedObject, value: unknown, path: FieldPath): Generator<ObjectReference> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* below(from, item, [...path, index]);
    return;
  }
  if (!isRecord(value)) return;
  for (const [key, child] of Object.entries(value)) {
    const at = [...path, key];
    if (typeof child === 'string') {
      const kind = kindOfText(key, path, from.object.kind);
      if (kind !== undefined) yield { from, path: at, kind, name: child };
    } else if (key === 'labels' || key === 'matchLabels') yield* labelsIn(from, child, at);
    else if (isRecord(child) && typeof child['name'] === 'string' && isReference(key, path))
      yield {
        from,
        path: [...at, 'name'],
        kind: textOf(child['kind']) ?? kindOfKey[key] ?? secretKind(key),
        name: child['name'],
      };
    else if (key === 'resources' && from.object.kind === 'ClusterResourceSet' && Array.isArray(child))
      yield* resourcesOf(from, child, at);
    else yield* below(from, child, at);
  }
}

/** `…Ref`, and the Secret of a file whose content is delivered through one. */
function isReference(key: string, path: FieldPath): boolean {
  return key.endsWith('Ref') || (key === 'secret' && path.at(-1) === 'contentFrom');
}

function secretKind(key: string): string | undefined {
  return key === 'secret' ? 'Secret' : undefined;
}

function* resourcesOf(from: PlacedObject, list: readonly unknown[], path: FieldPath): Generator<ObjectReference> {
  for (const [index, carrier] of list.entries())
    if (isRecord(carrier) && typeof carrier['name'] === 'string')
      yield { from, path: [...path, index, 'name'], kind: textOf(carrier['kind']), name: carrier['name'] };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
