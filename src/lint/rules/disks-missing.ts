import { slip, isRecord, listAt, type ManifestRule } from '../../providers/index.ts';
import { templateDisks } from './template-disks.ts';

export const disksMissing: ManifestRule = {
  code: 'MANIFEST_DISK_MISSING',
  severity: 'error',
  what: "Every node has the disks that the provider's page demands; /var/cpaas lies in the pool.",
  why: "Without them the node fills its system disk, or the platform's state is lost with the first replacement.",
  guide: 'Step 4',
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-worker-pool
spec:
  pool:
    - ip: 10.10.20.21
      persistentDisk: [{ slot: 0, quantityGB: 100, datastoreName: datastore-ssd-1, path: /var/cpaas, format: xfs }]
    - ip: 10.10.20.22
`,
    'persistentDisk: [{ slot: 0, quantityGB: 100, datastoreName: datastore-ssd-1, path: /var/cpaas, format: xfs }]',
    'persistentDisk: []',
  ),
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
