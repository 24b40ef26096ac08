import { gte, valid } from 'semver';
import { fieldAt } from '../../../kube/index.ts';
import type { ManifestView } from '../../rule.ts';
import { kubeOvnGates, versionGatesRule, type ManifestGate } from '../../shared/manifest-gates.ts';
import { listAt } from '../../shared/reading.ts';

function* gates(view: ManifestView): Generator<ManifestGate> {
  for (const at of view.ofKind('VSphereMachineConfigPool')) {
    yield { at, path: ['metadata', 'name'], feature: 'VSphereMachineConfigPool', needs: 'v1.0.5' };
    const several = listAt(at.object, ['spec', 'configs']).findIndex(
      (slot) => listAt(slot, ['network', 'additional']).length > 0,
    );
    if (several >= 0)
      yield {
        at,
        path: ['spec', 'configs', several, 'network', 'additional'],
        feature: 'a further NIC',
        needs: 'v1.0.15',
      };
  }
  for (const at of view.ofKind('KubeadmControlPlane')) {
    const version = fieldAt(at.object, 'spec', 'version');
    if (typeof version === 'string' && valid(version) !== null && gte(version, 'v1.35.0-0'))
      yield { at, path: ['spec', 'version'], feature: `Kubernetes ${version}`, needs: 'v1.0.16' };
  }
  yield* kubeOvnGates(view, 'v1.0.16');
}

export const versionGates = versionGatesRule(gates, {
  bad: `kind: VSphereMachineConfigPool
metadata:
  name: global-worker-pool
spec:
  configs:
    - hostname: global-worker-1
      network: { additional: [{ networkName: pg-2, ip: 10.31.0.21/24 }] } # from provider v1.0.15 on
    - hostname: global-worker-2
      network: { additional: [{ networkName: pg-2, ip: 10.31.0.22/24 }] }
---
kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec: { template: { spec: { network: { devices: [{ networkName: pg-global }, { networkName: pg-2 }] } } } }
`,
  good: `kind: VSphereMachineConfigPool
metadata:
  name: global-worker-pool
spec:
  configs:
    - hostname: global-worker-1
    - hostname: global-worker-2
`,
});
