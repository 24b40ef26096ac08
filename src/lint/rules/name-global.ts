import type { ManifestRule } from '../../providers/index.ts';
import { CLUSTER_NAME } from '../../providers/index.ts';

export const nameGlobal: ManifestRule = {
  code: 'MANIFEST_NAME_GLOBAL',
  severity: 'error',
  what: 'Cluster and infra cluster are named exactly global.',
  why: 'Failure mode A, during provisioning: the installer and the provider look them up by that name; another name breaks registry, etcd sync and console without an error.',
  guide: 'Naming Convention',
  fix: 'Renames the object to global, with every reference to it.',
  example: {
    bad: `kind: HCSCluster
metadata:
  name: hcs-prod # the provider opens 11443, 2379 and 443 for the name global only
---
kind: Cluster
metadata:
  name: global
spec:
  infrastructureRef:
    name: hcs-prod
`,
    good: `kind: HCSCluster
metadata:
  name: global
---
kind: Cluster
metadata:
  name: global
spec:
  infrastructureRef:
    name: global
`,
  },
  *check({ provider, ofKind }) {
    for (const kind of ['Cluster', provider.kinds.cluster.kind])
      for (const at of ofKind(kind)) {
        const { name } = at.object.metadata;
        if (name === CLUSTER_NAME) continue;
        yield {
          at,
          path: ['metadata', 'name'],
          message: `the ${kind} is named ${String(name)}; the installer looks for global`,
          expected: CLUSTER_NAME,
          found: String(name),
          fixes: [{ change: 'rename', at, to: CLUSTER_NAME }],
        };
      }
  },
};
