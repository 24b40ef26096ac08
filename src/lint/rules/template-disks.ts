import { disksAt, type MachineSource, type ManifestView, type PlacedDisk } from '../../providers/index.ts';

/** Mount paths of the disks that die with the VM. */
export function templateDisks({ provider }: ManifestView, source: MachineSource): PlacedDisk[] {
  const { templateDisks: path, templateDiskMount } = provider.shape;
  return path ? disksAt(source.template?.object, path, templateDiskMount) : [];
}
