import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown, textAt } from '../../shared/reading.ts';
import { isCount, requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

const spec = ['spec', 'template', 'spec'];

export const machineTemplateRule: ManifestRule = {
  code: 'MANIFEST_MACHINE_TEMPLATE',
  severity: 'error',
  what: 'VSphereMachineTemplate names vCenter, template, datastore, sizes and networks; the vCenter is that of VSphereCluster.',
  why: 'Seen when the first machine is made: vCenter has nothing to clone, or nowhere to put it.',
  guide: 'Step 4',
  example: slip(
    `kind: VSphereMachineTemplate
metadata:
  name: global-worker
spec:
  template:
    spec:
      server: vcenter.example.com
`,
    'server: vcenter.example.com',
    'server: vcenter-2.example.com # VSphereCluster has vcenter.example.com',
  ),
  *check({ ofKind }) {
    const server = textAt(ofKind('VSphereCluster')[0]?.object, ['spec', 'server']);
    for (const at of ofKind('VSphereMachineTemplate')) {
      yield* requiredFieldHits(at, [
        { path: [...spec, 'server'], expected: server ?? 'the vCenter' },
        { path: [...spec, 'template'], expected: 'the name of the VM template' },
        {
          path: [...spec, 'cloneMode'],
          expected: 'linkedClone or fullClone',
          accepts: (value) => value === 'linkedClone' || value === 'fullClone',
        },
        { path: [...spec, 'datastore'], expected: 'the name of the datastore' },
        { path: [...spec, 'diskGiB'], expected: 'GiB, 1 or more', accepts: isCount },
        { path: [...spec, 'memoryMiB'], expected: 'MiB, 1 or more', accepts: isCount },
        { path: [...spec, 'numCPUs'], expected: 'a number of CPUs', accepts: isCount },
        {
          path: [...spec, 'powerOffMode'],
          expected: 'hard, soft or trySoft',
          accepts: (value) => value === 'hard' || value === 'soft' || value === 'trySoft',
        },
      ]);
      const own = fieldAt(at.object, ...spec, 'server');
      if (server !== undefined && typeof own === 'string' && own !== '' && own !== server)
        yield {
          at,
          path: [...spec, 'server'],
          message: `the template is in ${own}, the cluster in ${server}`,
          expected: server,
          found: own,
          fixes: [{ change: 'set', at, path: [...spec, 'server'], value: server }],
        };
      for (const [index, device] of listAt(at.object, [...spec, 'network', 'devices']).entries())
        for (const key of ['ipAddrs', 'gateway4', 'dhcp4'])
          if (fieldAt(device, key) !== undefined)
            yield {
              at,
              path: [...spec, 'network', 'devices', index, key],
              message: `${key} in the template would hold for every machine`,
              expected: 'addresses in the pool alone',
              found: shown(fieldAt(device, key)),
            };
    }
  },
};
