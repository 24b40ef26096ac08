import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

export const infraClusterRule: ManifestRule = {
  code: 'MANIFEST_INFRA_CLUSTER',
  severity: 'error',
  what: 'DCSCluster names the network type kube-ovn and its DCS site.',
  why: 'Seen in step 6: the provider knows no other network, and finds neither templates nor datastores without the site.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSCluster
metadata:
  name: global
spec:
  networkType: kube-ovn
`,
    'networkType: kube-ovn',
    'networkType: calico',
  ),
  fix: 'Sets networkType.',
  *check({ ofKind }) {
    for (const at of ofKind('DCSCluster')) {
      yield* requiredFieldHits(at, [
        { path: ['spec', 'networkType'], expected: 'kube-ovn', only: 'kube-ovn' },
        {
          path: ['spec', 'site'],
          expected: 'the site ID, upper-case letters and digits such as EC1C108C',
          accepts: (value) => typeof value === 'string' && /^[A-Z0-9]+$/.test(value),
        },
      ]);
      const port = fieldAt(at.object, 'spec', 'controlPlaneLoadBalancer', 'port');
      if (typeof port === 'number' && port !== 6443 && port >= 1 && port <= 65_535)
        yield {
          at,
          path: ['spec', 'controlPlaneLoadBalancer', 'port'],
          message: `the port is ${String(port)}`,
          expected: '6443',
          found: String(port),
        };
    }
  },
};
