import { fieldAt } from '../../kube/index.ts';
import { slip, shown, type ManifestRule } from '../../providers/index.ts';

export const runtimeFields: ManifestRule = {
  code: 'MANIFEST_RUNTIME_FIELD',
  severity: 'error',
  what: 'Machine templates hold no field that only a controller sets.',
  why: 'Every machine made from the template would claim the same VM.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSMachineTemplate
metadata:
  name: global-master-template
spec:
  template:
    spec: {}
`,
    'spec: {}',
    `spec:
      providerID: dcs://global-cp-1`,
  ),
  *check({ provider, ofKind }) {
    for (const at of ofKind(provider.kinds.machineTemplate.kind))
      for (const field of provider.shape.runtimeFields) {
        const path = ['spec', 'template', 'spec', field];
        const found = fieldAt(at.object, ...path);
        if (found === undefined) continue;
        yield { at, path, message: `${field} is set by the provider`, expected: 'no such field', found: shown(found) };
      }
  },
};
