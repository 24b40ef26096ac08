import { fieldAt, type KubeObject, type Resource } from '../../kube/index.ts';

/** A resource as a definition defines it, in the version that is stored. */
export interface DefinedResource {
  readonly resource: Resource;
  /** Whether the status is written apart from the rest. */
  readonly statusSubresource: boolean;
}

/** What a CustomResourceDefinition defines. */
export function definedResource(crd: KubeObject): DefinedResource {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const spec = (...path: string[]): unknown => fieldAt(crd, 'spec', ...path);
  const versions = spec('versions');
  const stored = (Array.isArray(versions) ? (versions as unknown[]) : []).find((v) => fieldAt(v, 'storage') === true);
  return {
    resource: {
      group: text(spec('group')),
      version: text(fieldAt(stored, 'name')),
      kind: text(spec('names', 'kind')),
      plural: text(spec('names', 'plural')),
      namespaced: spec('scope') === 'Namespaced',
    },
    statusSubresource: fieldAt(stored, 'subresources', 'status') !== undefined,
  };
}

/** Whether a group is Cluster API's or one of its providers'. */
export function isClusterApiGroup(group: string): boolean {
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

/** Whether a group's kinds come from definitions: Kubernetes' own groups have no dot, or end in `.k8s.io`. */
export function isCustomGroup(group: string): boolean {
  return group.includes('.') && !group.endsWith('.k8s.io');
}
