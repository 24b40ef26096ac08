import { fieldAt } from '../../../kube/index.ts';
import type { ManifestView } from '../../rule.ts';
import { kubeOvnGates, versionGatesRule, type ManifestGate } from '../../shared/manifest-gates.ts';
import { listAt } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

function* gates(view: ManifestView): Generator<ManifestGate> {
  for (const at of view.ofKind('HCSMachineConfigPool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries()) {
      const path = ['spec', 'configs', index];
      if (listAt(slot, ['persistentDisks']).length > 0)
        yield { at, path: [...path, 'persistentDisks'], feature: 'a persistent disk in the pool', needs: 'v1.0.1' };
      const name = fieldAt(slot, 'hostname');
      if (typeof name === 'string' && name.includes('.'))
        yield { at, path: [...path, 'hostname'], feature: 'a host name with dots', needs: 'v1.0.1' };
    }
  for (const at of view.ofKind('HCSCluster'))
    for (const [key, needs] of [
      ['encryptionProviderConfigRef', 'v1.0.1'],
      ['controlPlaneHA', 'v1.0.2'],
    ] as const)
      if (fieldAt(at.object, 'spec', key) !== undefined) yield { at, path: ['spec', key], feature: key, needs };
  yield* kubeOvnGates(view, 'v1.0.4');
}

export const versionGates = versionGatesRule(
  gates,
  slip(
    `kind: HCSCluster
metadata:
  name: global
spec:
  networkType: kube-ovn
`,
    'networkType: kube-ovn',
    'controlPlaneHA: { enabled: true, policy: soft-anti-affinity } # from provider v1.0.2 on',
  ),
);
