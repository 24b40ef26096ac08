import { slip, type ManifestRule } from '../../providers/index.ts';

export const replicas: ManifestRule = {
  code: 'MANIFEST_REPLICAS',
  severity: 'error',
  what: 'The control plane has an odd number of machines, 3 for global.',
  why: 'etcd needs a majority; the schema refuses even numbers.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  replicas: 3
`,
    'replicas: 3',
    'replicas: 2',
  ),
  siteChecksIt: true,
  *check({ sources }) {
    for (const { role, owner: at, replicas: count } of sources) {
      if (role !== 'controlPlane' || count === undefined || count === 3) continue;
      const odd = count % 2 === 1;
      yield {
        at,
        path: ['spec', 'replicas'],
        severity: odd ? 'warning' : 'error',
        message: odd
          ? `${String(count)} control plane machines are not what the guide supports`
          : `${String(count)} is even`,
        expected: '3',
        found: String(count),
      };
    }
  },
};
