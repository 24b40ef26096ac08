import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, ManifestRule, ManifestView, RuleHit } from '../../rule.ts';
import { isRecord, listAt, shown } from '../../shared/reading.ts';
import { isCount } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

const templateDisks = ['spec', 'template', 'spec', 'vmConfig', 'dcsMachineDiskSpec'];

function* poolDisks({ ofKind }: ManifestView): Generator<RuleHit> {
  for (const at of ofKind('DCSIpHostnamePool'))
    for (const [index, slot] of listAt(at.object, ['spec', 'pool']).entries()) {
      const seen = new Set<unknown>();
      for (const [position, disk] of listAt(slot, ['persistentDisk']).entries()) {
        const path: FieldPath = ['spec', 'pool', index, 'persistentDisk', position];
        if (!isRecord(disk)) continue;
        const named = Number(disk['datastoreName'] !== undefined) + Number(disk['datastoreClusterName'] !== undefined);
        if (named !== 1)
          yield {
            at,
            path,
            message: 'exactly one of datastoreClusterName or datastoreName is required',
            expected: 'one of the two',
            found: named === 0 ? 'neither' : 'both',
          };
        const slotNumber = disk['slot'];
        if (typeof slotNumber !== 'number' || slotNumber < 0 || seen.has(slotNumber))
          yield {
            at,
            path: [...path, 'slot'],
            message: 'slots are numbers from 0, each once for an address',
            expected: 'a slot that is free',
            found: String(slotNumber),
          };
        seen.add(slotNumber);
        const size = disk['quantityGB'];
        if (!isCount(size))
          yield {
            at,
            path: [...path, 'quantityGB'],
            message: `a disk of ${shown(size)} GB cannot be made`,
            expected: 'GB, 1 or more',
            found: shown(size),
          };
        const mount = disk['path'];
        if (mount !== undefined && (typeof mount !== 'string' || !/^\/.+/.test(mount)))
          yield {
            at,
            path: [...path, 'path'],
            message: 'the mount path is not absolute',
            expected: 'a path such as /var/cpaas',
            found: shown(mount),
          };
      }
    }
}

function* systemVolumes({ ofKind }: ManifestView): Generator<RuleHit> {
  for (const at of ofKind('DCSMachineTemplate')) {
    const systems = listAt(at.object, templateDisks).filter((disk) => fieldAt(disk, 'systemVolume') === true);
    if (systems.length === 1) continue;
    yield {
      at,
      path: templateDisks,
      message: 'a template has exactly one system volume',
      expected: 'one disk with systemVolume: true',
      found: String(systems.length),
    };
  }
}

export const diskEntriesRule: ManifestRule = {
  code: 'MANIFEST_DISK',
  severity: 'error',
  what: 'Each persistent disk has a slot of its own and one datastore; a template has one system volume.',
  why: 'The API server or the provider refuses the object.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-worker-pool
spec:
  pool:
    - ip: 10.10.20.21
      persistentDisk:
        - slot: 0
          quantityGB: 100
          datastoreName: ssd-1
          path: /var/cpaas
    - ip: 10.10.20.22
`,
    'datastoreName: ssd-1',
    `datastoreName: ssd-1
          datastoreClusterName: ssd # one of the two`,
  ),
  *check(view) {
    yield* poolDisks(view);
    yield* systemVolumes(view);
  },
};
