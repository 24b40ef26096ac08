import { fieldAt } from '../../kube/index.ts';
import { slip, CLUSTER_NAME, shown, type ManifestRule, type PlacedObject } from '../../providers/index.ts';

export const poolConsumers: ManifestRule = {
  code: 'MANIFEST_POOL_CONSUMERS',
  severity: 'error',
  what: 'A pool serves one control plane or one deployment, of this cluster.',
  why: "Two consumers take each other's addresses; vSphere answers PoolBoundToOtherConsumer.",
  guide: 'Step 4',
  example: slip(
    `kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec:
  template:
    spec:
      machineConfigPoolRef:
        name: global-worker-pool
`,
    'name: global-worker-pool',
    'name: global-cp-pool # serves the control plane',
  ),
  *check({ provider, ofKind, sources }) {
    const consumers = new Map<PlacedObject, string>();
    for (const { pool: at, owner } of sources) {
      if (!at) continue;
      const name = `${owner.object.kind} ${String(owner.object.metadata.name)}`;
      const first = consumers.get(at);
      consumers.set(at, first ?? name);
      if (first !== undefined)
        yield {
          at,
          path: ['metadata', 'name'],
          message: `the pool serves ${first} and ${name}`,
          found: `${first}, ${name}`,
        };
    }
    for (const at of ofKind(provider.kinds.pool.kind)) {
      const path = ['spec', 'clusterRef', 'name'];
      const cluster = fieldAt(at.object, ...path);
      if (fieldAt(at.object, 'spec', 'clusterRef') !== undefined && cluster !== CLUSTER_NAME)
        yield {
          at,
          path,
          message: `the pool belongs to cluster ${shown(cluster)}`,
          expected: CLUSTER_NAME,
          found: shown(cluster),
        };
    }
  },
};
