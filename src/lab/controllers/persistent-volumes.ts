import { isKubeReason, resources, type KubeObject, type Resource, type Stores } from '../../kube/index.ts';
import { parseQuantity } from '../../kube/schema/index.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../core-types.ts';
import { refOf, type ControllerContext, type Reconciler } from './reconciler.ts';
import { claimResource } from './stateful-set-claims.ts';

export const volumeResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
};
export const storageClassResource: Resource = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
};

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;

/** Keys of the claims that a Pod uses. */
export function claimsOf(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined ? [] : [`${pod.metadata.namespace ?? ''}/${persistentVolumeClaim.claimName}`],
  );
}

/**
 * PersistentVolumeClaims -> volumes, as objects alone: a claim is bound to a volume that stands and suffices, or to one that is
 * made for it where its StorageClass exists, whoever its provisioner is. Claims and volumes in use are kept from going.
 */
export function volumesReconciler(): Reconciler {
  const unbound = new Set<string>();
  return {
    resource: claimResource,
    watches: [
      { resource: resources.pods, mapToKeys: (pod) => claimsOf(pod as Pod) },
      { resource: storageClassResource, mapToKeys: () => [...unbound] },
      {
        resource: volumeResource,
        mapToKeys: (volume) => {
          const { claimRef } = (volume as PersistentVolume).spec;
          const waiting = [...unbound, `|${volume.metadata.name ?? ''}`];
          return claimRef ? [...waiting, `${claimRef.namespace}/${claimRef.name}`] : waiting;
        },
      },
    ],
    reconcile: async (context, key, stores) => {
      if (key.startsWith('|')) return await settleVolume(context, key.slice(1), stores);
      const claim = stores.get<PersistentVolumeClaim>(claimResource, key);
      const isWaiting = claim?.metadata.deletionTimestamp === undefined && claim?.status?.phase === 'Pending';
      if (isWaiting) unbound.add(key);
      else unbound.delete(key);
      if (!claim) return await release(context, key, stores);
      if (claim.metadata.deletionTimestamp === undefined) {
        if (isWaiting) await bind(context, claim, stores);
      } else if (!stores.all<Pod>(resources.pods).some((pod) => isRunning(pod) && claimsOf(pod).includes(key)))
        await dropFinalizer(context, claimResource, claim, CLAIM_PROTECTION);
    },
  };
}

function isRunning(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

async function dropFinalizer(
  context: ControllerContext,
  resource: Resource,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const { finalizers = [], resourceVersion } = object.metadata;
  if (!finalizers.includes(finalizer)) return;
  const kept = finalizers.filter((other) => other !== finalizer);
  try {
    await context.client.patch(resource, refOf(object), {
      type: 'merge',
      body: { metadata: { resourceVersion, finalizers: kept.length > 0 ? kept : null } },
    });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
  }
}

/** A volume that nobody claims is available, and one that goes may go when nothing is bound to it. */
async function settleVolume(context: ControllerContext, name: string, stores: Stores): Promise<void> {
  const volume = stores.get<PersistentVolume>(volumeResource, name);
  if (!volume) return;
  if (volume.metadata.deletionTimestamp !== undefined) {
    if (volume.status?.phase !== 'Bound') await dropFinalizer(context, volumeResource, volume, VOLUME_PROTECTION);
  } else if (volume.status?.phase === 'Pending' && volume.spec.claimRef === undefined)
    await writePhase(context, volume, 'Available');
  // Bound to a claim that went while nobody looked.
  const { claimRef } = volume.spec;
  if (claimRef) await release(context, `${claimRef.namespace}/${claimRef.name}`, stores);
}

async function writePhase(context: ControllerContext, volume: PersistentVolume, phase: string): Promise<void> {
  if (volume.status?.phase === phase) return;
  await context.client.patch(
    volumeResource,
    { name: volume.metadata.name ?? '' },
    { type: 'merge', body: { status: { phase } }, subresource: 'status' },
  );
}

/** The claim is gone: its volume goes with it, or is kept for somebody to look at. */
async function release(context: ControllerContext, key: string, stores: Stores): Promise<void> {
  const claim = stores.get(claimResource, key);
  for (const volume of stores.all<PersistentVolume>(volumeResource)) {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
    if (!claimRef || `${claimRef.namespace}/${claimRef.name}` !== key || volume.status?.phase !== 'Bound') continue;
    if (claim && claim.metadata.uid === claimRef.uid) continue;
    // The informer of claims may be behind that of volumes.
    const live = await context.client.find(claimResource, { name: claimRef.name, namespace: claimRef.namespace });
    if (live && live.metadata.uid === claimRef.uid) continue;
    await writePhase(context, volume, 'Released');
    if (persistentVolumeReclaimPolicy !== 'Delete') continue;
    try {
      await context.client.delete(volumeResource, { name: volume.metadata.name ?? '' });
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  }
}

async function bind(context: ControllerContext, claim: PersistentVolumeClaim, stores: Stores): Promise<void> {
  const classes = stores.all<StorageClass>(storageClassResource);
  let className = claim.spec.storageClassName;
  if (className === undefined) {
    // A default class that came after the claim is taken, too.
    className = classes.find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')?.metadata.name;
    if (className !== undefined)
      return void (await context.client.patch(claimResource, refOf(claim), {
        type: 'merge',
        body: { spec: { storageClassName: className } },
      }));
  }
  const storageClass = classes.find(({ metadata }) => metadata.name === className);
  const isUsed = stores.all<Pod>(resources.pods).some((pod) => isRunning(pod) && claimsOf(pod).includes(keyOf(claim)));
  if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !isUsed)
    return context.events.normal(
      claim,
      'WaitForFirstConsumer',
      'waiting for first consumer to be created before binding',
    );
  const standing = stores
    .all<PersistentVolume>(volumeResource)
    .filter((volume) => suits(volume, claim, className ?? ''))
    .sort((a, b) => sizeOf(a.spec.capacity) - sizeOf(b.spec.capacity))[0];
  if (standing) return await bindTo(context, claim, standing);
  if (className === undefined || className === '')
    return context.events.normal(
      claim,
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    );
  if (!storageClass)
    return context.events.warning(claim, 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return;
  await bindTo(context, claim, await provision(context, claim, storageClass));
}

function sizeOf(amounts: Readonly<Record<string, string>> | undefined): number {
  return parseQuantity(amounts?.['storage'] ?? '0') ?? 0;
}

function suits(volume: PersistentVolume, claim: PersistentVolumeClaim, className: string): boolean {
  const { claimRef, storageClassName = '', accessModes = [], capacity, volumeMode } = volume.spec;
  if (claimRef && (claimRef.namespace !== claim.metadata.namespace || claimRef.name !== claim.metadata.name))
    return false;
  if (claimRef?.uid !== undefined && claimRef.uid !== claim.metadata.uid) return false;
  const { volumeName } = claim.spec;
  if (volumeName !== undefined && volumeName !== '') return volumeName === volume.metadata.name;
  return (
    volume.metadata.deletionTimestamp === undefined &&
    ['Available', 'Pending'].includes(volume.status?.phase ?? 'Pending') &&
    storageClassName === className &&
    volumeMode === claim.spec.volumeMode &&
    (claim.spec.accessModes ?? []).every((mode) => accessModes.includes(mode)) &&
    sizeOf(capacity) >= sizeOf(claim.spec.resources?.requests)
  );
}

async function provision(
  context: ControllerContext,
  claim: PersistentVolumeClaim,
  { metadata, provisioner, reclaimPolicy = 'Delete' }: StorageClass,
): Promise<PersistentVolume> {
  const name = `pvc-${claim.metadata.uid ?? ''}`;
  const standing = await context.client.find<PersistentVolume>(volumeResource, { name });
  if (standing) return standing;
  const { accessModes = [], resources: wanted, volumeMode = 'Filesystem' } = claim.spec;
  const volume = await context.client.create<PersistentVolume>(volumeResource, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      accessModes,
      capacity: { storage: wanted?.requests?.['storage'] ?? '0' },
      csi: { driver: provisioner, volumeHandle: name },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: metadata.name ?? '',
      volumeMode,
    },
  });
  context.events.normal(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  return volume;
}

async function bindTo(
  context: ControllerContext,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<void> {
  const { name = '', namespace = '', uid = '', resourceVersion } = claim.metadata;
  const volumeName = volume.metadata.name ?? '';
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion };
  const byController = { 'pv.kubernetes.io/bound-by-controller': 'yes' };
  await context.client.patch(
    volumeResource,
    { name: volumeName },
    { type: 'merge', body: { metadata: { annotations: byController }, spec: { claimRef } } },
  );
  await writePhase(context, volume, 'Bound');
  const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', ...byController };
  await context.client.patch(claimResource, refOf(claim), {
    type: 'merge',
    body: { metadata: { annotations }, spec: { volumeName } },
  });
  const { accessModes, capacity } = volume.spec;
  await context.client.patch(claimResource, refOf(claim), {
    type: 'merge',
    body: { status: { phase: 'Bound', accessModes, capacity } },
    subresource: 'status',
  });
}
