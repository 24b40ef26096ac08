import { gte, valid } from 'semver';
import { fieldAt } from '../../../kube/index.ts';
import type { ManifestView } from '../../rule.ts';
import { credentialSecretOf, secretValue } from '../../shared/credential-secret.ts';
import { kubeOvnGates, versionGatesRule, type ManifestGate } from '../../shared/manifest-gates.ts';
import { listAt } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

function* gates(view: ManifestView): Generator<ManifestGate> {
  for (const at of view.ofKind('DCSIpHostnamePool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'pool']).entries()) {
      const path = ['spec', 'pool', index];
      const disks = listAt(slot, ['persistentDisk']);
      if (disks.length > 0)
        yield { at, path: [...path, 'persistentDisk'], feature: 'a persistent disk in the pool', needs: 'v1.0.16' };
      const thin = disks.findIndex((disk) => fieldAt(disk, 'isThin') !== undefined);
      if (thin >= 0)
        yield {
          at,
          path: [...path, 'persistentDisk', thin, 'isThin'],
          feature: 'isThin of a persistent disk',
          needs: 'v1.0.20',
        };
      if (listAt(slot, ['additionNic']).length > 0)
        yield { at, path: [...path, 'additionNic'], feature: 'a further NIC', needs: 'v1.0.9' };
    }
  for (const at of view.ofKind('DCSMachineTemplate'))
    for (const key of ['cdRomDatastoreName', 'cdRomDatastoreClusterName']) {
      const path = ['spec', 'template', 'spec', 'vmConfig', key];
      if (fieldAt(at.object, ...path) !== undefined) yield { at, path, feature: key, needs: 'v1.0.11' };
    }
  for (const at of view.ofKind('DCSCluster')) {
    const path = ['spec', 'controlPlaneHA'];
    if (fieldAt(at.object, ...path) !== undefined) yield { at, path, feature: 'controlPlaneHA', needs: 'v1.0.21' };
  }
  const secret = credentialSecretOf(view);
  const userType = secret && secretValue(secret, 'userType');
  if (secret && userType) yield { at: secret, path: userType.path, feature: 'userType', needs: 'v1.0.18' };
  for (const { role, owner: at } of view.sources) {
    const path = role === 'worker' ? ['spec', 'template', 'spec', 'version'] : ['spec', 'version'];
    const version = fieldAt(at.object, ...path);
    // Images of platform v4.3.2 and later: the first of them carries this Kubernetes.
    if (typeof version === 'string' && valid(version) !== null && gte(version, 'v1.34.5-3'))
      yield { at, path, feature: `the image of Kubernetes ${version}`, needs: 'v1.0.21' };
  }
  yield* kubeOvnGates(view, 'v1.0.22');
}

export const versionGates = versionGatesRule(
  gates,
  slip(
    `kind: DCSCluster
metadata:
  name: global
spec:
  networkType: kube-ovn
`,
    'networkType: kube-ovn',
    'controlPlaneHA: { enabled: true } # from provider v1.0.21 on',
  ),
);
