import {
  slip,
  isRecord,
  listAt,
  type FieldPath,
  type ManifestRule,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';
import { templateDisks } from './template-disks.ts';

export const disksTwice: ManifestRule = {
  code: 'MANIFEST_DISK_TWICE',
  severity: 'error',
  what: 'A mount path stands once: in the machine template or in an entry of the pool, never in both.',
  why: 'Two disks would be mounted at one place; the provider refuses the machine.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSMachineTemplate
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
    '- { quantity: 100, datastoreName: ssd-1, path: /var/lib/containerd, format: xfs }',
    `- { quantity: 100, datastoreName: ssd-1, path: /var/lib/containerd, format: xfs }
          - { quantity: 100, datastoreName: ssd-1, path: /var/cpaas, format: xfs } # in the pool as well`,
  ),
  *check(view) {
    const { slots, slotDisks, slotDiskMount } = view.provider.shape;
    for (const source of view.sources) {
      const { template } = source;
      const ofTemplate = templateDisks(view, source).map(({ mount, at }) => ({ mount, path: at }));
      if (template) yield* repeats(template, ofTemplate);
      for (const [index, slot] of listAt(source.pool?.object, slots).entries())
        if (source.pool)
          yield* repeats(
            source.pool,
            listAt(slot, [slotDisks]).map((disk, position) => ({
              mount: isRecord(disk) ? disk[slotDiskMount] : undefined,
              path: [...slots, index, slotDisks, position],
            })),
          );
      if (!template || !source.pool) continue;
      const inPool = new Set(
        listAt(source.pool.object, slots).flatMap((slot) =>
          listAt(slot, [slotDisks]).map((disk) => (isRecord(disk) ? disk[slotDiskMount] : undefined)),
        ),
      );
      for (const { mount, path } of ofTemplate)
        if (mount !== '' && inPool.has(mount))
          yield {
            at: template,
            path,
            message: `${mount} is also a persistent disk of pool ${String(source.pool.object.metadata.name)}`,
            expected: 'the path in one of the two',
            found: mount,
          };
    }
  },
};

/** Disks of one machine with the mount path of an earlier one. */
function* repeats(at: PlacedObject, disks: readonly { mount: unknown; path: FieldPath }[]): Generator<RuleHit> {
  const seen = new Set<unknown>();
  for (const { mount, path } of disks) {
    if (typeof mount !== 'string' || mount === '') continue;
    if (seen.has(mount))
      yield {
        at,
        path,
        message: `two disks of one machine are mounted at ${mount}`,
        expected: 'a mount path of its own',
        found: mount,
      };
    seen.add(mount);
  }
}
