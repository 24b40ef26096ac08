import { fieldAt } from '../kube/index.ts';
import type { Note, PlacedObject, SupportedProvider } from '../providers/index.ts';

const paths: Readonly<Record<string, readonly string[]>> = {
  KubeadmControlPlane: ['spec', 'kubeadmConfigSpec'],
  KubeadmConfigTemplate: ['spec', 'template', 'spec'],
};

/**
 * Writes `cloud-config` where a base manifest has the guide's `cloud-init`, for providers that take it: the schema knows
 * only the former (runbook §6). DCS keeps what is there, so that the rule on formats refuses it.
 */
export function translateFormat(
  provider: SupportedProvider,
  objects: readonly PlacedObject[],
): { readonly objects: readonly PlacedObject[]; readonly notes: readonly Note[] } {
  if (provider.format.write !== 'cloud-config') return { objects, notes: [] };
  const translated: string[] = [];
  const result = objects.map((placed): PlacedObject => {
    const path = paths[placed.object.kind];
    if (!path || fieldAt(placed.object, ...path, 'format') !== 'cloud-init') return placed;
    const object = structuredClone(placed.object);
    const spec = fieldAt(object, ...path) as Record<string, unknown>;
    spec['format'] = 'cloud-config';
    translated.push(`${object.kind} ${String(object.metadata.name)}`);
    return { ...placed, object: object };
  });
  if (translated.length === 0) return { objects, notes: [] };
  return {
    objects: result,
    notes: [
      {
        topic: 'Bootstrap format',
        text: `format: cloud-init of the base manifest became cloud-config in ${translated.join(', ')}: the schema has no other word for it.`,
      },
    ],
  };
}
