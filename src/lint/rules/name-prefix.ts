import { fieldAt, splitApiVersion, type KubeObject } from '../../kube/index.ts';
import { listAt, NAME_PREFIX, shown, type ManifestRule, type ProviderFacts } from '../../providers/index.ts';

/** Cluster API's own kinds and every provider kind, except the two that are named exactly global. */
function needsPrefix({ apiVersion, kind }: KubeObject, provider: ProviderFacts): boolean {
  if (kind === 'Cluster' || kind === provider.kinds.cluster.kind) return false;
  const { group } = splitApiVersion(apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

export const namePrefix: ManifestRule = {
  code: 'MANIFEST_NAME_PREFIX',
  severity: 'error',
  what: 'Every other Cluster API and provider object has the prefix global-.',
  why: "Failure mode B, at the first failover: disaster recovery selects the objects of the global cluster by the prefix. Without it everything runs, until the first failover deletes the standby side's machines.",
  guide: 'Naming Convention',
  fix: 'Puts the prefix before the name, with every reference to it.',
  example: {
    bad: `kind: KubeadmControlPlane
metadata:
  name: kcp-global
---
kind: Cluster
metadata:
  name: global
spec:
  controlPlaneRef:
    name: kcp-global
`,
    good: `kind: KubeadmControlPlane
metadata:
  name: global-kcp
---
kind: Cluster
metadata:
  name: global
spec:
  controlPlaneRef:
    name: global-kcp
`,
  },
  *check({ provider, objects, ofKind, isRead }) {
    const carriers = new Set(
      (isRead('ClusterResourceSet') ? ofKind('ClusterResourceSet') : []).flatMap(({ object }) =>
        listAt(object, ['spec', 'resources']).map(
          (entry) => `${shown(fieldAt(entry, 'kind'))} ${shown(fieldAt(entry, 'name'))}`,
        ),
      ),
    );
    for (const at of objects) {
      const name = String(at.object.metadata.name);
      const carrier = carriers.has(`${at.object.kind} ${name}`);
      if (
        !(carrier || needsPrefix(at.object, provider)) ||
        (name.startsWith(NAME_PREFIX) && name.length > NAME_PREFIX.length)
      )
        continue;
      yield {
        at,
        path: ['metadata', 'name'],
        // No machine hangs on a carrier; a failover would take it for that of a workload cluster all the same.
        ...(carrier && { severity: 'warning' }),
        message: carrier
          ? `${at.object.kind} ${name} lacks the prefix global-: a failover would take it for workload data`
          : `${at.object.kind} ${name} lacks the prefix global-: it would run, and lose its machines at the first failover`,
        expected: `${NAME_PREFIX}${name}`,
        found: name,
        fixes: [{ change: 'rename', at, to: `${NAME_PREFIX}${name}` }],
        hint: `Rename it to ${NAME_PREFIX}${name} and change every reference to it.`,
      };
    }
  },
};
