import type { ManifestRule } from '../../providers/index.ts';

export const objectMissing: ManifestRule = {
  code: 'MANIFEST_OBJECT_MISSING',
  severity: 'error',
  what: 'A complete manifest has a Cluster, infra cluster, control plane, machine template, pool and credential Secret.',
  why: 'A fragment of the guide cannot be applied alone.',
  guide: 'Step 4',
  *check({ provider, objects, ofKind, isRead, scope }) {
    const { cluster, machineTemplate, pool } = provider.kinds;
    const [first] = objects;
    if (!first || !scope.complete) return;
    // What is missing has no place of its own: the root object is where people look.
    const at = scope.root ?? first;
    for (const kind of ['Cluster', cluster.kind, 'KubeadmControlPlane', machineTemplate.kind, pool.kind, 'Secret'])
      // The reference to a credential that a cluster lacks is said by the rule about references.
      if (isRead(kind) && ofKind(kind).length === 0 && !(kind === 'Secret' && at.origin === 'live'))
        yield { at, path: [], message: `the manifest has no ${kind}`, expected: `a ${kind}`, found: 'none' };
  },
};
