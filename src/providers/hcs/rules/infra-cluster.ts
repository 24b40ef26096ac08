import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt } from '../../shared/reading.ts';
import { requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

export const infraClusterRule: ManifestRule = {
  code: 'MANIFEST_INFRA_CLUSTER',
  severity: 'error',
  what: 'HCSCluster names the network type kube-ovn, its VPC, subnets and security group.',
  why: 'Seen in step 6: the provider makes neither the ELB nor a VM without them.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSCluster
metadata:
  name: global
spec:
  network:
    vpc: { name: vpc-global }
`,
    'vpc: { name: vpc-global }',
    'vpc: null',
  ),
  fix: 'Sets networkType.',
  *check({ ofKind }) {
    for (const at of ofKind('HCSCluster')) {
      yield* requiredFieldHits(at, [
        { path: ['spec', 'networkType'], expected: 'kube-ovn', only: 'kube-ovn' },
        { path: ['spec', 'network', 'vpc', 'name'], expected: 'the name of the VPC' },
        { path: ['spec', 'network', 'securityGroup', 'name'], expected: 'the name of the security group' },
      ]);
      if (listAt(at.object, ['spec', 'network', 'subnets']).length === 0)
        yield {
          at,
          path: ['spec', 'network', 'subnets'],
          message: 'no subnet is listed',
          expected: 'every subnet that a field names',
          found: 'none',
        };
      const enabled = fieldAt(at.object, 'spec', 'controlPlaneHA', 'enabled');
      if (enabled === true)
        yield* requiredFieldHits(at, [
          { path: ['spec', 'controlPlaneHA', 'policy'], expected: 'anti-affinity or soft-anti-affinity' },
        ]);
      const policy = fieldAt(at.object, 'spec', 'controlPlaneHA', 'policy');
      if (policy !== undefined && policy !== 'anti-affinity' && policy !== 'soft-anti-affinity')
        yield* requiredFieldHits(at, [
          {
            path: ['spec', 'controlPlaneHA', 'policy'],
            expected: 'anti-affinity or soft-anti-affinity',
            accepts: () => false,
          },
        ]);
    }
  },
};
