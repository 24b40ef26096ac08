import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

export const diskSlotsRule: ManifestRule = {
  code: 'MANIFEST_DISK',
  severity: 'error',
  what: 'Slots of persistent disks count from 0 without gaps; sizes are 10 to 32768 GB, and each has a type.',
  why: 'The webhook refuses the pool.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSMachineConfigPool
metadata:
  name: global-worker-pool
spec:
  configs:
    - hostname: global-worker-1
      persistentDisks:
        - { slot: 0, size: 100, type: SSD, mountPath: /var/cpaas }
    - hostname: global-worker-2
`,
    '- { slot: 0, size: 100, type: SSD, mountPath: /var/cpaas }',
    '- { slot: 1, size: 100, type: SSD, mountPath: /var/cpaas } # slots begin with 0',
  ),
  siteChecksIt: true,
  *check({ ofKind }) {
    for (const at of ofKind('HCSMachineConfigPool'))
      for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries()) {
        const path = ['spec', 'configs', index, 'persistentDisks'];
        const disks = listAt(slot, ['persistentDisks']);
        const slots = disks.map((disk) => Number(fieldAt(disk, 'slot'))).sort((a, b) => a - b);
        if (slots.some((number, position) => number !== position))
          yield {
            at,
            path,
            message: 'slots are not contiguous from 0',
            expected: disks.map((_, position) => String(position)).join(', '),
            found: slots.join(', '),
          };
        for (const [position, disk] of disks.entries()) {
          const size = fieldAt(disk, 'size');
          yield* requiredFieldHits(at, [
            { path: [...path, position, 'type'], expected: 'the EVS type of the zone, e.g. SSD' },
          ]);
          const format = fieldAt(disk, 'format');
          if (format !== undefined && format !== '' && format !== 'xfs' && format !== 'ext4')
            yield {
              at,
              path: [...path, position, 'format'],
              message: `${shown(format)} is no file system that the provider makes`,
              expected: 'xfs or ext4',
              found: shown(format),
            };
          if (typeof size !== 'number' || size < 10 || size > 32_768)
            yield {
              at,
              path: [...path, position, 'size'],
              message: `a disk of ${String(size)} GB cannot be made`,
              expected: '10 to 32768',
              found: String(size),
            };
        }
      }
  },
};
