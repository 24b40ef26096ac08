import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const balancer = ['spec', 'controlPlaneLoadBalancer'];
const endpoint = ['spec', 'controlPlaneEndpoint'];

export const endpointRule: ManifestRule = {
  code: 'MANIFEST_ENDPOINT',
  severity: 'error',
  what: 'DCSCluster declares one external endpoint, the same twice.',
  why: 'The provider sets up no VIP of its own; what it is told twice it believes once.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSCluster
metadata:
  name: global
spec:
  controlPlaneLoadBalancer:
    type: external
`,
    'type: external',
    'type: internal',
  ),
  *check({ ofKind, site }) {
    for (const at of ofKind('DCSCluster')) {
      const type = fieldAt(at.object, ...balancer, 'type');
      if (type !== 'external')
        yield {
          at,
          path: [...balancer, 'type'],
          message: `load balancer type ${shown(type)} does not work`,
          expected: 'external',
          found: shown(type),
        };
      for (const key of ['host', 'port']) {
        const first = fieldAt(at.object, ...balancer, key);
        const second = fieldAt(at.object, ...endpoint, key);
        if (first !== second || first === undefined)
          yield {
            at,
            path: [...endpoint, key],
            message: `controlPlaneEndpoint.${key} differs from controlPlaneLoadBalancer.${key}`,
            expected: shown(first ?? (key === 'host' ? site?.network.controlPlaneVIP : 6443)),
            found: shown(second),
          };
      }
      const port = fieldAt(at.object, ...balancer, 'port');
      if (typeof port === 'number' && (port < 1 || port > 65_535))
        yield {
          at,
          path: [...balancer, 'port'],
          message: `${String(port)} is no port`,
          expected: '6443',
          found: shown(port),
        };
    }
  },
};
