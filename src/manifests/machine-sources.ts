import { fieldAt } from '../kube/index.ts';
import type { MachineSource, PlacedObject, SupportedProvider } from '../providers/index.ts';

/** Finds an object by kind and name. */
export type FindObject = (kind: string, name: unknown) => PlacedObject | undefined;

/**
 * Follows the references of the control plane and of every deployment to template, pool and kubeadm config. Without a provider the
 * reference says the kind of the template, and nothing says where its pool is.
 */
export function machineSources(
  provider: SupportedProvider | undefined,
  objects: readonly PlacedObject[],
  find: FindObject,
): MachineSource[] {
  const behind = (reference: unknown): Pick<MachineSource, 'template' | 'pool'> => {
    const name = fieldAt(reference, 'name');
    if (!provider) return { template: find(String(fieldAt(reference, 'kind')), name), pool: undefined };
    const { kinds, shape } = provider;
    const template = find(kinds.machineTemplate.kind, name);
    return { template, pool: template && find(kinds.pool.kind, fieldAt(template.object, ...shape.poolRef)) };
  };
  return objects.flatMap((owner): MachineSource[] => {
    const { object } = owner;
    const declared = fieldAt(object, 'spec', 'replicas');
    const replicas = typeof declared === 'number' ? declared : undefined;
    if (object.kind === 'KubeadmControlPlane')
      return [
        {
          role: 'controlPlane',
          owner,
          replicas: replicas ?? 1,
          ...behind(fieldAt(object, 'spec', 'machineTemplate', 'infrastructureRef')),
          config: owner,
          configPath: ['spec', 'kubeadmConfigSpec'],
        },
      ];
    if (object.kind === 'MachineDeployment') {
      const spec = ['spec', 'template', 'spec'] as const;
      return [
        {
          role: 'worker',
          owner,
          replicas: replicas ?? 1,
          ...behind(fieldAt(object, ...spec, 'infrastructureRef')),
          config: find('KubeadmConfigTemplate', fieldAt(object, ...spec, 'bootstrap', 'configRef', 'name')),
          configPath: ['spec', 'template', 'spec'],
        },
      ];
    }
    return [];
  });
}

/** An index over objects by kind and name; the first of two with the same name wins. */
export function objectIndex(objects: readonly PlacedObject[]): {
  readonly find: FindObject;
  readonly ofKind: (kind: string) => readonly PlacedObject[];
} {
  const byName = new Map<string, PlacedObject>();
  const byKind = new Map<string, PlacedObject[]>();
  for (const placed of objects) {
    const { kind, metadata } = placed.object;
    const key = `${kind}/${String(metadata.name)}`;
    if (!byName.has(key)) byName.set(key, placed);
    const list = byKind.get(kind);
    if (list) list.push(placed);
    else byKind.set(kind, [placed]);
  }
  return {
    find: (kind, name) => (typeof name === 'string' ? byName.get(`${kind}/${name}`) : undefined),
    ofKind: (kind) => byKind.get(kind) ?? [],
  };
}
