import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { isCount } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

/** What the page demands of the three disks that every node is to have (vsphere.md §4). */
const minimumGiB = 100;
const required = ['/var/cpaas', '/var/lib/containerd', '/var/lib/etcd'];

export const etcdDiskRule: ManifestRule = {
  code: 'MANIFEST_DISK',
  severity: 'error',
  what: "The etcd disk is wiped at a new VM's first boot; disk names and SCSI units are unique on a node; the required disks have 100 GiB or more.",
  why: 'Data of the predecessor blocks kubeadm join, so that no control plane node could be replaced.',
  guide: 'Step 4',
  example: slip(
    `kind: VSphereMachineConfigPool
metadata:
  name: global-cp-pool
spec:
  configs:
    - hostname: global-cp-1
      persistentDisks:
        - { name: var-cpaas, sizeGiB: 100, mountPath: /var/cpaas }
        - { name: var-lib-containerd, sizeGiB: 100, mountPath: /var/lib/containerd }
        - { name: var-lib-etcd, sizeGiB: 100, mountPath: /var/lib/etcd, wipeFilesystem: true }
    - hostname: global-cp-2
    - hostname: global-cp-3
`,
    '- { name: var-lib-etcd, sizeGiB: 100, mountPath: /var/lib/etcd, wipeFilesystem: true }',
    '- { name: var-lib-etcd, sizeGiB: 100, mountPath: /var/lib/etcd, wipeFilesystem: false }',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('VSphereMachineConfigPool'))
      for (const [index, slot] of listAt(at.object, ['spec', 'configs']).entries()) {
        const names = new Set<unknown>();
        const units = new Set<unknown>();
        for (const [position, disk] of listAt(slot, ['persistentDisks']).entries()) {
          const path = ['spec', 'configs', index, 'persistentDisks', position];
          const wipe = fieldAt(disk, 'wipeFilesystem');
          if (fieldAt(disk, 'mountPath') === '/var/lib/etcd' && wipe !== true)
            yield {
              at,
              path: [...path, 'wipeFilesystem'],
              message: 'the etcd disk keeps its data when the node is replaced',
              expected: 'true',
              found: shown(wipe),
            };
          const name = fieldAt(disk, 'name');
          if (names.has(name))
            yield {
              at,
              path: [...path, 'name'],
              message: `disk name ${shown(name)} occurs twice`,
              expected: 'unique names',
              found: shown(name),
            };
          names.add(name);
          const size = fieldAt(disk, 'sizeGiB');
          const mount = fieldAt(disk, 'mountPath');
          if (!isCount(size) || (required.includes(String(mount)) && Number(size) < minimumGiB))
            yield {
              at,
              path: [...path, 'sizeGiB'],
              message: `the disk at ${shown(mount)} has ${shown(size)} GiB`,
              expected: required.includes(String(mount)) ? `${String(minimumGiB)} or more` : '1 or more',
              found: shown(size),
              hint: 'Give it more: a disk keeps the size that it was made with.',
            };
          for (const key of ['diskUUID', 'volumePath'])
            if (fieldAt(disk, key) !== undefined && at.origin !== 'live')
              yield {
                at,
                path: [...path, key],
                message: `${key} is set by the provider`,
                expected: 'no such field',
                found: shown(fieldAt(disk, key)),
              };
          const unit = fieldAt(disk, 'unitNumber');
          if (unit !== undefined && (typeof unit !== 'number' || unit < 0 || unit > 15 || unit === 7))
            yield {
              at,
              path: [...path, 'unitNumber'],
              message: `${shown(unit)} is no SCSI unit for a disk`,
              expected: '0 to 15 without 7',
              found: shown(unit),
            };
          else if (unit !== undefined && units.has(unit))
            yield {
              at,
              path: [...path, 'unitNumber'],
              message: `two disks of the slot have SCSI unit ${shown(unit)}`,
              expected: 'a unit of its own',
              found: shown(unit),
            };
          units.add(unit);
        }
      }
  },
};
