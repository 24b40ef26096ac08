import { isRecord, listAt, type ManifestRule } from '../../providers/index.ts';
import { templateDisks } from './template-disks.ts';

export const disksTwice: ManifestRule = {
  code: 'MANIFEST_DISK_TWICE',
  severity: 'error',
  what: 'A mount path is in the machine template or in the pool, never in both.',
  why: 'Two disks would be mounted at one place; the provider refuses the machine.',
  guide: 'Step 4',
  example: {
    bad: `kind: DCSMachineTemplate
metadata:
  name: global-worker-template
spec:
  template:
    spec:
      vmConfig:
        dcsMachineDiskSpec:
          - { quantity: 0, datastoreName: ssd-1, systemVolume: true }
          - { quantity: 100, datastoreName: ssd-1, path: /var/lib/kubelet, format: xfs }
          - { quantity: 100, datastoreName: ssd-1, path: /var/lib/containerd, format: xfs }
          - { quantity: 100, datastoreName: ssd-1, path: /var/cpaas, format: xfs } # in the pool as well
`,
    good: `kind: DCSMachineTemplate
metadata:
  name: global-worker-template
spec:
  template:
    spec:
      vmConfig:
        dcsMachineDiskSpec:
          - { quantity: 0, datastoreName: ssd-1, systemVolume: true }
          - { quantity: 100, datastoreName: ssd-1, path: /var/lib/kubelet, format: xfs }
          - { quantity: 100, datastoreName: ssd-1, path: /var/lib/containerd, format: xfs }
`,
  },
  *check(view) {
    const { slots, slotDisks, slotDiskMount } = view.provider.shape;
    for (const source of view.sources) {
      const { template } = source;
      if (!template || !source.pool) continue;
      const inPool = new Set(
        listAt(source.pool.object, slots).flatMap((slot) =>
          listAt(slot, [slotDisks]).map((disk) => (isRecord(disk) ? disk[slotDiskMount] : undefined)),
        ),
      );
      for (const { mount, at } of templateDisks(view, source))
        if (mount !== '' && inPool.has(mount))
          yield {
            at: template,
            path: at,
            message: `${mount} is also a persistent disk of pool ${String(source.pool.object.metadata.name)}`,
            expected: 'the path in one of the two',
            found: mount,
          };
    }
  },
};
