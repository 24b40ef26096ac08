import {
  disksAt,
  isRecord,
  listAt,
  type ManifestRule,
  type ManifestView,
  type MachineSource,
} from '../../providers/index.ts';

/** Mount paths of the disks that die with the VM. */
function templateDisks({ provider }: ManifestView, source: MachineSource) {
  const { templateDisks: path, templateDiskMount } = provider.shape;
  return path ? disksAt(source.template?.object, path, templateDiskMount) : [];
}

export const disksMissing: ManifestRule = {
  code: 'MANIFEST_DISK_MISSING',
  severity: 'error',
  what: 'Every node has the disks that the provider\u2019s page demands; /var/cpaas lies in the pool.',
  why: 'Without them the node fills its system disk, or the platform\u2019s state is lost with the first replacement.',
  guide: 'Step 4',
  *check(view) {
    const { slots, slotDisks, slotDiskMount, mandatoryDisks } = view.provider.shape;
    for (const source of view.sources) {
      const mandatory = mandatoryDisks.filter(({ roles }) => roles.includes(source.role));
      const inTemplate = new Set(templateDisks(view, source).map(({ mount }) => mount));
      for (const { path, where } of mandatory)
        if (where === 'template' && source.template && !inTemplate.has(path))
          yield {
            at: source.template,
            path: view.provider.shape.templateDisks ?? [],
            message: `no disk is mounted at ${path}`,
            expected: `a disk with the path ${path}`,
            found: [...inTemplate].filter((mount) => mount !== '').join(', ') || 'none',
          };
      if (!source.pool) continue;
      for (const [index, slot] of listAt(source.pool.object, slots).entries()) {
        if (!isRecord(slot)) continue;
        const mounts = new Set(listAt(slot, [slotDisks]).map((disk) => (isRecord(disk) ? disk[slotDiskMount] : '')));
        for (const { path, where } of mandatory)
          if (where === 'pool' && !mounts.has(path))
            yield {
              at: source.pool,
              path: [...slots, index, slotDisks],
              message: `entry ${String(index)} has no persistent disk at ${path}`,
              expected: `a disk with the path ${path}`,
              found: [...mounts].join(', ') || 'none',
            };
      }
    }
  },
};

export const disksTwice: ManifestRule = {
  code: 'MANIFEST_DISK_TWICE',
  severity: 'error',
  what: 'A mount path is in the machine template or in the pool, never in both.',
  why: 'Two disks would be mounted at one place; the provider refuses the machine.',
  guide: 'Step 4',
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
