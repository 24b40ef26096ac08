import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const key = 'controlplane.cluster.x-k8s.io/skip-kube-proxy';

export const controlPlaneAnnotationRule: ManifestRule = {
  code: 'MANIFEST_KUBEADM_SETTING',
  severity: 'error',
  what: 'The control plane of DCS has the annotation controlplane.cluster.x-k8s.io/skip-kube-proxy with an empty text.',
  why: 'Seen at the first upgrade: Cluster API writes its own kube-proxy over that of the platform.',
  guide: 'Step 4',
  fix: 'Adds the annotation.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
  annotations:
    controlplane.cluster.x-k8s.io/skip-kube-proxy: ""
`,
    'controlplane.cluster.x-k8s.io/skip-kube-proxy: ""',
    'controlplane.cluster.x-k8s.io/skip-kube-proxy: true',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('KubeadmControlPlane')) {
      const path = ['metadata', 'annotations', key];
      const found = fieldAt(at.object, ...path);
      // Cluster API asks whether the key is there and not what it says.
      if (typeof found === 'string') continue;
      yield {
        at,
        path,
        message: `annotation ${key} is ${found === undefined ? 'missing' : `${shown(found)}, which is no text`}`,
        expected: '"", an empty text',
        found: shown(found),
        fixes: [{ change: 'set', at, path, value: '', quote: true }],
      };
    }
  },
};
