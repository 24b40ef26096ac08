import type { KubeObject } from '../../../kube/index.ts';
import type { Validator } from '../../apiserver/index.ts';
import type { HcsMachineConfigPool, HcsPersistentDisk } from './objects.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

const IMMUTABLE = ['size', 'type', 'mountPath', 'format'] as const;
const MIN_GB = 10;
const MAX_GB = 32_768;

function disksOf(pool: HcsMachineConfigPool): Map<string, HcsPersistentDisk> {
  const disks = new Map<string, HcsPersistentDisk>();
  for (const { hostname, persistentDisks = [] } of pool.spec?.configs ?? [])
    for (const disk of persistentDisks) disks.set(`${hostname}/${String(disk.slot)}`, disk);
  return disks;
}

/** The rules of the pool's webhook: host names, contiguous slots, sizes, disks only added and never changed. */
export function validatePool(pool: HcsMachineConfigPool, old?: HcsMachineConfigPool): Cause[] {
  const causes: Cause[] = [];
  const before = old ? disksOf(old) : new Map<string, HcsPersistentDisk>();
  (pool.spec?.configs ?? []).forEach(({ hostname, persistentDisks = [] }, i) => {
    const at = `spec.configs[${String(i)}]`;
    if (hostname.includes('..'))
      causes.push({
        reason: 'FieldValueInvalid',
        field: `${at}.hostname`,
        message: `Invalid value: "${hostname}": must not contain consecutive dots`,
      });
    const slots = persistentDisks.map((d) => d.slot).sort((a, b) => a - b);
    if (slots.some((slot, n) => slot !== n))
      causes.push({
        reason: 'FieldValueInvalid',
        field: `${at}.persistentDisks`,
        message: `Invalid value: [${slots.join(', ')}]: slots must be unique and contiguous from 0`,
      });
    persistentDisks.forEach(({ slot, size }, j) => {
      if (before.has(`${hostname}/${String(slot)}`) || (size >= MIN_GB && size <= MAX_GB)) return;
      const field = `${at}.persistentDisks[${String(j)}].size`;
      causes.push({
        reason: 'FieldValueInvalid',
        field,
        message: `Invalid value: ${String(size)}: must be between ${String(MIN_GB)} and ${String(MAX_GB)}`,
      });
    });
  });
  const now = disksOf(pool);
  for (const [identity, disk] of before) {
    const words = `(${identity.replace('/', ', ')})`;
    const after = now.get(identity);
    const field = 'spec.configs.persistentDisks';
    if (!after)
      causes.push({
        reason: 'FieldValueForbidden',
        field,
        message: `Forbidden: persistent disk ${words} may not be removed`,
      });
    else
      for (const key of IMMUTABLE)
        if (disk[key] !== after[key])
          causes.push({
            reason: 'FieldValueForbidden',
            field,
            message: `Forbidden: ${key} of persistent disk ${words} is immutable`,
          });
  }
  return causes;
}

export const hcsValidators: Readonly<Record<string, Validator>> = {
  'hcsmachineconfigpools.infrastructure.cluster.x-k8s.io': {
    name: 'validation.hcsmachineconfigpool.infrastructure.cluster.x-k8s.io',
    validate: (operation, object: KubeObject, old) => (operation === 'DELETE' ? undefined : validatePool(object, old)),
  },
};
