import type { KubeObject } from '../../../kube/index.ts';
import type { Validator } from '../../apiserver/index.ts';
import type { DcsIpHostnamePool, DcsPersistentDisk } from './objects.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

const IMMUTABLE = ['slot', 'format', 'options', 'pciType'] as const;

function disksOf(pool: DcsIpHostnamePool): Map<string, DcsPersistentDisk> {
  const disks = new Map<string, DcsPersistentDisk>();
  for (const { ip = '', persistentDisk = [] } of pool.spec?.pool ?? [])
    for (const disk of persistentDisk) disks.set(`${ip}/${String(disk.slot)}`, disk);
  return disks;
}

/** The rules of the pool's webhook: a slot once for an address, disks only added, their identity and format kept. */
export function validatePool(pool: DcsIpHostnamePool, old?: DcsIpHostnamePool): Cause[] {
  const causes: Cause[] = [];
  (pool.spec?.pool ?? []).forEach(({ persistentDisk = [] }, i) => {
    const seen = new Set<number>();
    persistentDisk.forEach(({ slot }, j) => {
      const field = `spec.pool[${String(i)}].persistentDisk[${String(j)}].slot`;
      if (seen.has(slot))
        causes.push({ reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${String(slot)}` });
      seen.add(slot);
    });
  });
  const now = disksOf(pool);
  const field = 'spec.pool.persistentDisk';
  for (const [identity, before] of old ? disksOf(old) : []) {
    const after = now.get(identity);
    if (!after) {
      causes.push({
        reason: 'FieldValueForbidden',
        field,
        message: `Forbidden: persistent disk (${identity.replace('/', ', ')}) may not be removed`,
      });
      continue;
    }
    for (const key of IMMUTABLE)
      if (JSON.stringify(before[key]) !== JSON.stringify(after[key]))
        causes.push({
          reason: 'FieldValueForbidden',
          field,
          message: `Forbidden: ${key} of persistent disk (${identity.replace('/', ', ')}) is immutable`,
        });
  }
  return causes;
}

export const dcsValidators: Readonly<Record<string, Validator>> = {
  'dcsiphostnamepools.infrastructure.cluster.x-k8s.io': {
    name: 'validation.dcsiphostnamepool.infrastructure.cluster.x-k8s.io',
    validate: (operation, object: KubeObject, old) => (operation === 'DELETE' ? undefined : validatePool(object, old)),
  },
};
