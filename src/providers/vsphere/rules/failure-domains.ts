import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

const path = ['spec', 'template', 'spec', 'failureDomain'];

export const failureDomainsRule: ManifestRule = {
  code: 'MANIFEST_REFERENCE_DANGLING',
  severity: 'error',
  what: 'Workers name a deployment zone of the manifest, in a datacenter where their pool has slots.',
  why: 'The machines would wait with NoAvailableSlots.',
  guide: 'Step 4',
  example: slip(
    `kind: MachineDeployment
metadata:
  name: global-md-0
spec:
  template:
    spec:
      clusterName: global
`,
    'clusterName: global',
    'failureDomain: dc1 # the name of a VSphereDeploymentZone',
  ),
  siteChecksIt: true,
  *check({ sources, find, ofKind }) {
    for (const { role, owner: at, pool } of sources) {
      const name = fieldAt(at.object, ...path);
      if (role !== 'worker' || name === undefined) continue;
      const zone = find('VSphereDeploymentZone', name);
      if (!zone) {
        const known = ofKind('VSphereDeploymentZone').map(({ object }) => String(object.metadata.name));
        yield {
          at,
          path,
          message: `there is no VSphereDeploymentZone ${shown(name)} in the manifest`,
          expected: known.join(' or ') || 'no failureDomain',
          found: shown(name),
        };
        continue;
      }
      const domain = find('VSphereFailureDomain', fieldAt(zone.object, 'spec', 'failureDomain'));
      const datacenter = fieldAt(domain?.object, 'spec', 'topology', 'datacenter');
      if (!pool || datacenter === undefined) continue;
      const used = listAt(pool.object, ['spec', 'configs']).map(
        (slot) => fieldAt(slot, 'datacenter') ?? fieldAt(pool.object, 'spec', 'datacenter'),
      );
      if (!used.includes(datacenter))
        yield {
          at,
          path,
          message: `zone ${shown(name)} is in datacenter ${shown(datacenter)}, where the pool has no slot`,
          expected: `a slot with datacenter ${shown(datacenter)}`,
          found: [...new Set(used.map(shown))].join(', '),
        };
    }
  },
};
