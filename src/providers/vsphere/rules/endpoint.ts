import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const path = ['spec', 'controlPlaneEndpoint'];

export const endpointRule: ManifestRule = {
  code: 'MANIFEST_ENDPOINT',
  severity: 'error',
  what: 'VSphereCluster declares the control plane endpoint.',
  why: 'The provider deploys no VIP, and the installer request carries none on vSphere.',
  guide: 'Step 4; Step 8',
  example: slip(
    `kind: VSphereCluster
metadata:
  name: global
spec:
  controlPlaneEndpoint:
    port: 6443
`,
    'port: 6443',
    'port: 443',
  ),
  *check({ ofKind, site }) {
    for (const at of ofKind('VSphereCluster')) {
      const host = fieldAt(at.object, ...path, 'host');
      const expected = site?.network.controlPlaneVIP;
      if (typeof host !== 'string' || host === '' || (expected !== undefined && host !== expected))
        yield {
          at,
          path: [...path, 'host'],
          message: `the endpoint is ${shown(host)}`,
          expected: expected ?? 'the control plane VIP',
          found: shown(host),
        };
      const port = fieldAt(at.object, ...path, 'port');
      if (port !== 6443)
        yield {
          at,
          path: [...path, 'port'],
          message: `the port is ${shown(port)}`,
          expected: '6443',
          found: shown(port),
        };
    }
  },
};
