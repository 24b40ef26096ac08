import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';

const path = ['spec', 'template', 'spec', 'folder'];

export const vmFolderRule: ManifestRule = {
  code: 'MANIFEST_VM_FOLDER',
  severity: 'error',
  what: 'VMs lie in /<datacenter>/vm/global, in disaster recovery in a child of it.',
  why: 'Operators find the VMs of the global cluster there, and the two sides of a pair must not mix.',
  guide: 'Step 4',
  example: {
    bad: `kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec:
  template:
    spec:
      folder: /dc1/vm
`,
    good: `kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec:
  template:
    spec:
      folder: /dc1/vm/global
`,
  },
  *check({ ofKind, site }) {
    for (const at of ofKind('VSphereMachineTemplate')) {
      const folder = fieldAt(at.object, ...path);
      const form = site?.dr ? /^\/.+\/vm\/global\/.+$/ : /^\/.+\/vm\/global(\/.+)?$/;
      if (typeof folder === 'string' && form.test(folder)) continue;
      yield {
        at,
        path,
        message: `the VM folder is ${shown(folder)}`,
        expected: site?.dr ? '/<datacenter>/vm/global/primary or standby' : '/<datacenter>/vm/global',
        found: shown(folder),
      };
    }
  },
};
