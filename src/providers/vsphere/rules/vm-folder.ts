import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, PlacedObject } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const path = ['spec', 'template', 'spec', 'folder'];

export const vmFolderRule: ManifestRule = {
  code: 'MANIFEST_VM_FOLDER',
  severity: 'error',
  what: 'VMs lie in /<datacenter>/vm/global, in disaster recovery in a child of it.',
  why: 'Operators find the VMs of the global cluster there, and the two sides of a pair must not mix.',
  guide: 'Step 4',
  example: slip(
    `kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec:
  template:
    spec:
      folder: /dc1/vm/global
`,
    'folder: /dc1/vm/global',
    'folder: /dc1/vm',
  ),
  *check({ ofKind, site, sources }) {
    for (const at of ofKind('VSphereMachineTemplate')) {
      const folder = fieldAt(at.object, ...path);
      const datacenters = sources.filter(({ template }) => template === at).flatMap(({ pool }) => datacentersOf(pool));
      const [, datacenter = ''] = typeof folder === 'string' ? (/^\/(.+)\/vm\/global(?:\/|$)/.exec(folder) ?? []) : [];
      if (datacenter !== '' && datacenters.length > 0 && !datacenters.includes(datacenter))
        yield {
          at,
          path,
          message: `the VM folder is in datacenter ${datacenter}, where no slot of its pool is`,
          expected: datacenters.map((name) => `/${name}/vm/global`).join(' or '),
          found: shown(folder),
        };
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

/** The datacenters of a pool's slots. */
function datacentersOf(pool: PlacedObject | undefined): string[] {
  const own = fieldAt(pool?.object, 'spec', 'datacenter');
  const names = listAt(pool?.object, ['spec', 'configs']).map((slot) => fieldAt(slot, 'datacenter') ?? own);
  return [...new Set(names.filter((name): name is string => typeof name === 'string' && name !== ''))];
}
