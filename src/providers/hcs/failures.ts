import { commonSigns, type FailureSign } from '../shared/failure-table.ts';

/** hcs.md §7. */
export const hcsFailureSigns: readonly FailureSign[] = [
  {
    words: /ignition format is not supported/,
    cause: 'The bootstrap format is ignition, which HCS does not take.',
    cure: 'Set the format to cloud-config or leave it out.',
  },
  {
    words: /invalid hostname/i,
    cause: 'A hostname of the pool is not valid.',
    cure: 'Use lower-case letters, digits, dashes and single dots; first and last a letter or digit.',
  },
  {
    words: /mount[- ]path conflict|no mount path match/i,
    cause: 'A persistent disk and a data volume want the same mount path, or a disk finds no path.',
    cure: 'Keep each mount path in one place: the pool for what must survive, the template for the rest.',
  },
  {
    words: /(size|type) mismatch/i,
    cause: 'An existing persistent disk has another size or type than the pool says.',
    cure: 'Restore the values of the pool entry; disks never change in place.',
  },
  {
    words: /availability zone conflict/i,
    cause: 'A persistent disk lies in another zone than the machine.',
    cure: 'Use the zone of the disk in the machine template.',
  },
  {
    words: /attached to another ECS/i,
    cause: 'A persistent disk is attached to another server.',
    cure: 'Detach it there, or wait until that server is gone.',
  },
  {
    words: /(no available|insufficient) (config|slot|hostname)|pool (is )?exhausted/i,
    cause: 'The HCSMachineConfigPool has no free entry for another machine.',
    cure: 'Append an entry to the pool, or lower replicas.',
  },
  {
    words: /quota|insufficient (capacity|resource)|sold ?out/i,
    cause: 'HCS has no capacity or quota left for the machine.',
    cure: 'Ask the HCS administrator for quota in the resource space, or use another flavor or zone.',
  },
  ...commonSigns,
];
