import { slip, listAt, type ManifestRule } from '../../providers/index.ts';

export const poolCapacity: ManifestRule = {
  code: 'MANIFEST_POOL_TOO_SMALL',
  severity: 'error',
  what: 'A pool has at least as many entries as its consumer has replicas.',
  why: 'The last machines would wait for an address forever.',
  guide: 'Step 4',
  example: slip(
    `kind: MachineDeployment
metadata:
  name: global-md-0
spec:
  replicas: 2
`,
    'replicas: 2',
    'replicas: 3 # global-worker-pool has two entries',
  ),
  siteChecksIt: true,
  *check({ provider, sources }) {
    for (const { pool: at, replicas, owner } of sources) {
      if (!at || replicas === undefined) continue;
      const entries = listAt(at.object, provider.shape.slots).length;
      if (entries >= replicas) continue;
      yield {
        at,
        path: provider.shape.slots,
        message: `the pool has ${String(entries)} entries for ${String(replicas)} replicas of ${owner.object.kind} ${String(owner.object.metadata.name)}`,
        expected: `at least ${String(replicas)} entries`,
        found: String(entries),
      };
    }
  },
};
