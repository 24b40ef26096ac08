import { slip, recordAt, shown, type ObjectsRule } from '../../providers/index.ts';

export const selector: ObjectsRule = {
  code: 'MANIFEST_SELECTOR',
  severity: 'error',
  what: 'A MachineDeployment selects labels that its machine template carries, or has an empty selector.',
  why: 'Seen when the manifest is applied: the webhook of Cluster API refuses a deployment that would not find its own machines.',
  guide: 'Step 4',
  needsProvider: false,
  appliesTo: 'every',
  example: slip(
    `kind: MachineDeployment
metadata:
  name: global-md-0
spec:
  selector:
    matchLabels:
      nodepool: md-0
  template:
    metadata:
      labels:
        nodepool: md-0
`,
    '        nodepool: md-0',
    '        nodepool: md-1',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('MachineDeployment')) {
      const path = ['spec', 'selector', 'matchLabels'];
      const labels = recordAt(at.object, ['spec', 'template', 'metadata', 'labels']);
      for (const [key, value] of Object.entries(recordAt(at.object, path)))
        // Cluster API writes these two into selector and labels by itself.
        if (labels[key] !== value && !key.startsWith('cluster.x-k8s.io/'))
          yield {
            at,
            path: [...path, key],
            message: `the selector asks for ${key}=${shown(value)}; the machines carry ${shown(labels[key])}`,
            expected: shown(labels[key]),
            found: shown(value),
          };
    }
  },
};
