import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, PlacedObject, RuleHit } from '../../rule.ts';
import { listAt, recordAt, shown } from '../../shared/reading.ts';
import { isCount, requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

const spec = ['spec', 'template', 'spec'];
const datastores = ['datastoreName', 'datastoreClusterName', 'datastoreUrn'];

function* diskHits(at: PlacedObject): Generator<RuleHit> {
  const list = [...spec, 'vmConfig', 'dcsMachineDiskSpec'];
  for (const [index, disk] of listAt(at.object, list).entries()) {
    const path = [...list, index];
    const named = datastores.filter((key) => fieldAt(disk, key) !== undefined);
    // The URN is resolved from the name, so that the two may stand side by side.
    const conflict = named.includes('datastoreName') && named.includes('datastoreClusterName');
    if (named.length === 0 || conflict)
      yield {
        at,
        path,
        message: conflict ? 'the disk names a datastore and a datastore cluster' : 'the disk names no datastore',
        expected: 'one of datastoreName and datastoreClusterName',
        found: named.join(', ') || 'none',
      };
    const size = fieldAt(disk, 'quantity');
    const system = fieldAt(disk, 'systemVolume') === true;
    if (!isCount(size) && !(system && size === 0))
      yield {
        at,
        path: [...path, 'quantity'],
        message: `a disk of ${shown(size)} GB cannot be made`,
        expected: system ? 'GB, or 0 for the size of the template' : 'GB, 1 or more',
        found: shown(size),
      };
  }
}

export const machineTemplateRule: ManifestRule = {
  code: 'MANIFEST_MACHINE_TEMPLATE',
  severity: 'error',
  what: 'DCSMachineTemplate names the VM template, cores, memory and a datastore for each disk; what excludes each other stands alone.',
  why: 'Seen when the first machine is made: the clone has nothing to be made from, or nowhere to lie.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSMachineTemplate
metadata:
  name: global-master-template
spec:
  template:
    spec:
      vmConfig:
        portGroupName: pg-global
`,
    'portGroupName: pg-global',
    `portGroupName: pg-global
        portGroupUrn: urn:sites:EC1C108C:dvswitchs:1:portgroups:1`,
  ),
  *check({ ofKind }) {
    for (const at of ofKind('DCSMachineTemplate')) {
      yield* requiredFieldHits(at, [
        { path: [...spec, 'vmTemplateName'], expected: 'the name of the VM template in DCS' },
        {
          path: [...spec, 'vmConfig', 'dcsMachineCpuSpec', 'quantity'],
          expected: 'a number of cores',
          accepts: isCount,
        },
        { path: [...spec, 'vmConfig', 'dcsMachineMemorySpec', 'quantity'], expected: 'memory in MB', accepts: isCount },
      ]);
      yield* diskHits(at);
      const config = recordAt(at.object, [...spec, 'vmConfig']);
      if (config['portGroupName'] !== undefined && config['portGroupUrn'] !== undefined)
        yield {
          at,
          path: [...spec, 'vmConfig', 'portGroupUrn'],
          message: 'the port group is named twice, by name and by URN',
          expected: 'one of portGroupName and portGroupUrn',
          found: 'both',
        };
      const location = fieldAt(at.object, ...spec, 'location');
      if (location !== undefined)
        yield* requiredFieldHits(at, [
          {
            path: [...spec, 'location', 'type'],
            expected: 'folder or cluster',
            accepts: (value) => value === 'folder' || value === 'cluster',
          },
          ...(fieldAt(location, 'urn') === undefined
            ? [{ path: [...spec, 'location', 'name'], expected: 'the name of the folder or DCS cluster' }]
            : []),
        ]);
    }
  },
};
