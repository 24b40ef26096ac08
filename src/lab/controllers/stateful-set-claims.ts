import { isKubeReason, type Resource } from '../../kube/index.ts';
import type { PersistentVolumeClaim, PodSpec, StatefulSet } from '../core-types.ts';
import type { ControllerContext } from './reconciler.ts';

export const claimResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};

const claimName = (template: PersistentVolumeClaim, podName: string): string =>
  `${template.metadata.name ?? ''}-${podName}`;

/** Makes the claims of a StatefulSet's Pod that do not stand yet; they outlive the Pod. */
export async function ensureClaims(context: ControllerContext, set: StatefulSet, podName: string): Promise<void> {
  const { name = '', namespace = '', uid = '' } = set.metadata;
  const goesWithSet = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const claim = claimName(template, podName);
    try {
      await context.client.create(claimResource, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          ...(template.metadata.annotations && { annotations: template.metadata.annotations }),
          name: claim,
          namespace,
          labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
          ...(goesWithSet && { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid }] }),
        },
        spec: template.spec,
      });
      context.events.normal(
        set,
        'SuccessfulCreate',
        `create Claim ${claim} Pod ${podName} in StatefulSet ${name} success`,
      );
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
  }
}

/** The volumes of a StatefulSet's Pod: its claims take the place of volumes of the same name. */
export function claimVolumes(set: StatefulSet, spec: PodSpec, podName: string): Pick<PodSpec, 'volumes'> {
  const templates = set.spec.volumeClaimTemplates ?? [];
  if (templates.length === 0) return {};
  const claims = templates.map((template) => ({
    name: template.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(template, podName) },
  }));
  const names = new Set(claims.map(({ name }) => name));
  return { volumes: [...claims, ...(spec.volumes ?? []).filter(({ name }) => !names.has(name))] };
}
