import { apiVersionOf, fieldAt, PLATFORM_NAMESPACE, resources, type Resource } from '../../kube/index.ts';
import {
  slip,
  CLUSTER_NAME,
  isRecord,
  listAt,
  shown,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';

/** Created by a command of the guide beside the manifest, so that it need not be in it (disaster recovery, DCS). */
const encryptionSecret = 'encryption-provider-config';

interface Link {
  readonly at: PlacedObject;
  /** Of the name. */
  readonly path: FieldPath;
  /** The kind that the reference leads to. */
  readonly kind: string;
  /** What the reference must say beside the name, where it has a kind and an apiVersion of its own. */
  readonly resource?: Resource;
}

/** Every reference of a manifest that must lead to an object in it. */
function* linksOf(view: ManifestView): Generator<Link> {
  const { provider, ofKind, sources } = view;
  const { kinds, shape } = provider;
  const link = (at: PlacedObject, path: FieldPath, resource: Resource): Link => ({
    at,
    path: [...path, 'name'],
    kind: resource.kind,
    resource,
  });
  for (const at of ofKind('Cluster')) {
    yield link(at, ['spec', 'controlPlaneRef'], resources.kubeadmControlPlanes);
    yield link(at, ['spec', 'infrastructureRef'], kinds.cluster);
  }
  for (const { owner: at, role } of sources) {
    const spec = role === 'worker' ? ['spec', 'template', 'spec'] : ['spec', 'machineTemplate'];
    yield link(at, [...spec, 'infrastructureRef'], kinds.machineTemplate);
    if (role === 'worker') yield link(at, [...spec, 'bootstrap', 'configRef'], resources.kubeadmConfigTemplates);
  }
  for (const at of ofKind(kinds.machineTemplate.kind)) {
    // Only some providers write the kind into this reference.
    const whole = fieldAt(at.object, ...shape.poolRef.slice(0, -1), 'kind') !== undefined;
    yield { at, path: shape.poolRef, kind: kinds.pool.kind, ...(whole && { resource: kinds.pool }) };
  }
  for (const at of ofKind(kinds.cluster.kind)) {
    yield { at, path: shape.credentialRef, kind: 'Secret' };
    const encryption = ['spec', 'encryptionProviderConfigRef', 'name'];
    const secret = fieldAt(at.object, ...encryption);
    if (secret !== undefined && secret !== encryptionSecret) yield { at, path: encryption, kind: 'Secret' };
  }
  for (const at of ofKind('ClusterResourceSet'))
    for (const [index, carrier] of listAt(at.object, ['spec', 'resources']).entries())
      yield { at, path: ['spec', 'resources', index, 'name'], kind: String(fieldAt(carrier, 'kind')) };
  for (const at of ofKind('VSphereDeploymentZone'))
    yield { at, path: ['spec', 'failureDomain'], kind: 'VSphereFailureDomain' };
}

/** The cluster that a pool of vSphere names; whether it is the right name is the matter of the rule about consumers. */
function clusterLinks({ provider, ofKind }: ManifestView): Link[] {
  const { kind } = resources.clusters;
  const path = ['spec', 'clusterRef', 'name'];
  return ofKind(provider.kinds.pool.kind).map((at) => ({ at, path, kind, resource: resources.clusters }));
}

/** Kind, apiVersion and namespace of a reference, where it has them. */
function* formHits({ at, path, resource }: Link): Generator<RuleHit> {
  const block = path.slice(0, -1);
  const reference = fieldAt(at.object, ...block);
  if (resource === undefined || !isRecord(reference)) return;
  const wanted = { kind: resource.kind, apiVersion: apiVersionOf(resource), namespace: PLATFORM_NAMESPACE };
  for (const [key, value] of Object.entries(wanted)) {
    const found = reference[key];
    if (found === value || (found === undefined && key === 'namespace')) continue;
    yield {
      at,
      path: [...block, key],
      message: `${key} of the reference is ${shown(found)}`,
      expected: value,
      found: shown(found),
      fixes: [{ change: 'set', at, path: [...block, key], value }],
    };
  }
}

/** A label that names another cluster is left over from that cluster's manifest: what looks for the objects of global passes it by. */
function* clusterLabels({ objects }: ManifestView): Generator<RuleHit> {
  for (const at of objects)
    for (const template of [[], ['spec', 'template'], ['spec', 'machineTemplate']]) {
      const path = [...template, 'metadata', 'labels', 'cluster.x-k8s.io/cluster-name'];
      const name = fieldAt(at.object, ...path);
      if (name === undefined || name === CLUSTER_NAME) continue;
      yield {
        at,
        path,
        message: `the label says that it belongs to cluster ${shown(name)}`,
        expected: CLUSTER_NAME,
        found: shown(name),
        hint: 'Correct the label or leave it out.',
      };
    }
}

/** Machines and health checks name their cluster by text, not by reference. */
function* clusterNames({ ofKind }: ManifestView): Generator<RuleHit> {
  const fields: [kind: string, path: FieldPath][] = [
    ['MachineDeployment', ['spec', 'clusterName']],
    ['MachineDeployment', ['spec', 'template', 'spec', 'clusterName']],
    ['MachineHealthCheck', ['spec', 'clusterName']],
  ];
  for (const [kind, path] of fields)
    for (const at of ofKind(kind)) {
      const name = fieldAt(at.object, ...path);
      if (name !== CLUSTER_NAME)
        yield {
          at,
          path,
          message: `clusterName is ${shown(name)}; the cluster is called global`,
          expected: CLUSTER_NAME,
          found: shown(name),
          fixes: [{ change: 'set', at, path, value: CLUSTER_NAME }],
        };
    }
}

export const references: ManifestRule = {
  code: 'MANIFEST_REFERENCE_DANGLING',
  severity: 'error',
  what: 'Every reference leads to an object of the manifest, with its kind and apiVersion.',
  why: 'Seen as machines that wait and say nothing: a controller takes a dangling reference for an object that comes later.',
  guide: 'Naming Convention',
  fix: 'Sets clusterName, kind, apiVersion and namespace, which have one value only; a wrong name is left to you.',
  example: slip(
    `kind: Cluster
metadata:
  name: global
spec:
  controlPlaneRef:
    name: global-kcp
---
kind: KubeadmControlPlane
metadata:
  name: global-kcp
`,
    '    name: global-kcp',
    '    name: global-cp # the object below has another name',
  ),
  *check(view) {
    for (const link of linksOf(view)) {
      const { at, path, kind } = link;
      yield* formHits(link);
      if (!view.isRead(kind)) continue;
      const name = fieldAt(at.object, ...path);
      if (view.find(kind, name)) continue;
      const known = view.ofKind(kind).map(({ object }) => String(object.metadata.name));
      yield {
        at,
        path,
        message:
          name === undefined
            ? `no ${kind} is named`
            : `there is no ${kind} ${shown(name)} in the ${at.origin === 'live' ? 'cluster' : 'manifest'}`,
        expected: known.length > 0 ? [...new Set(known)].join(' or ') : `a ${kind}`,
        found: shown(name),
        // An install that goes by the guide need not carry the credential over; the cluster runs, and cannot grow.
        ...(kind === 'Secret' &&
          at.origin === 'live' && {
            severity: 'warning' as const,
            hint: 'Create the Secret in this cluster: without it the provider here can neither add nor replace a machine.',
          }),
      };
    }
    for (const link of clusterLinks(view)) yield* formHits(link);
    yield* clusterNames(view);
    yield* clusterLabels(view);
  },
};
