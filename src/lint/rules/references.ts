import { fieldAt } from '../../kube/index.ts';
import {
  CLUSTER_NAME,
  listAt,
  shown,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';

interface Link {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  /** The kind that the reference leads to. */
  readonly kind: string;
}

/** Every reference of a manifest that must lead to an object in it. */
function* linksOf(view: ManifestView): Generator<Link> {
  const { provider, ofKind, sources } = view;
  const { kinds, shape } = provider;
  for (const at of ofKind('Cluster')) {
    yield { at, path: ['spec', 'controlPlaneRef', 'name'], kind: 'KubeadmControlPlane' };
    yield { at, path: ['spec', 'infrastructureRef', 'name'], kind: kinds.cluster.kind };
  }
  for (const { owner: at, role } of sources) {
    const spec = role === 'worker' ? ['spec', 'template', 'spec'] : ['spec', 'machineTemplate'];
    yield { at, path: [...spec, 'infrastructureRef', 'name'], kind: kinds.machineTemplate.kind };
    if (role === 'worker')
      yield { at, path: [...spec, 'bootstrap', 'configRef', 'name'], kind: 'KubeadmConfigTemplate' };
  }
  for (const at of ofKind(kinds.machineTemplate.kind)) yield { at, path: shape.poolRef, kind: kinds.pool.kind };
  for (const at of ofKind(kinds.cluster.kind)) {
    yield { at, path: shape.credentialRef, kind: 'Secret' };
    const encryption = ['spec', 'encryptionProviderConfigRef', 'name'];
    if (fieldAt(at.object, ...encryption) !== undefined) yield { at, path: encryption, kind: 'Secret' };
  }
  for (const at of ofKind('ClusterResourceSet'))
    for (const [index, carrier] of listAt(at.object, ['spec', 'resources']).entries())
      yield { at, path: ['spec', 'resources', index, 'name'], kind: String(fieldAt(carrier, 'kind')) };
  for (const at of ofKind('VSphereDeploymentZone'))
    yield { at, path: ['spec', 'failureDomain'], kind: 'VSphereFailureDomain' };
}

/** Machines name their cluster by text, not by reference. */
function* clusterNames({ ofKind }: ManifestView): Generator<RuleHit> {
  for (const at of ofKind('MachineDeployment'))
    for (const path of [
      ['spec', 'clusterName'],
      ['spec', 'template', 'spec', 'clusterName'],
    ]) {
      const name = fieldAt(at.object, ...path);
      if (name !== CLUSTER_NAME)
        yield {
          at,
          path,
          message: `clusterName is ${shown(name)}; the cluster is called global`,
          expected: CLUSTER_NAME,
          found: shown(name),
        };
    }
}

export const references: ManifestRule = {
  code: 'MANIFEST_REFERENCE_DANGLING',
  severity: 'error',
  what: 'Every reference leads to an object of the manifest.',
  why: 'A dangling reference leaves machines waiting without an error.',
  guide: 'Naming Convention',
  *check(view) {
    for (const { at, path, kind } of linksOf(view)) {
      const name = fieldAt(at.object, ...path);
      if (view.find(kind, name)) continue;
      const known = view.ofKind(kind).map(({ object }) => String(object.metadata.name));
      yield {
        at,
        path,
        message: name === undefined ? `no ${kind} is named` : `there is no ${kind} ${shown(name)} in the manifest`,
        expected: known.length > 0 ? known.join(' or ') : `a ${kind}`,
        found: shown(name),
      };
    }
    yield* clusterNames(view);
  },
};
