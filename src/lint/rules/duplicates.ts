import {
  slip,
  isRecord,
  listAt,
  sameForm,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
} from '../../providers/index.ts';
import { nodeAddresses } from './node-addresses.ts';

interface Named {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly what: 'address' | 'host name' | 'VM name';
  readonly value: string;
}

function* namedThings(view: ManifestView): Generator<Named> {
  const { provider, ofKind } = view;
  for (const { at, path, address } of nodeAddresses(view)) yield { at, path, what: 'address', value: address };
  for (const at of ofKind(provider.kinds.pool.kind))
    for (const [index, slot] of listAt(at.object, provider.shape.slots).entries()) {
      if (!isRecord(slot)) continue;
      for (const [what, key] of [
        ['host name', 'hostname'],
        ['VM name', 'machineName'],
      ] as const) {
        const value = slot[key];
        if (typeof value === 'string') yield { at, path: [...provider.shape.slots, index, key], what, value };
      }
    }
}

export const duplicates: ManifestRule = {
  code: 'MANIFEST_DUPLICATE',
  severity: 'error',
  what: 'Addresses of all NICs, host names and VM names are unique over all pools.',
  why: 'Seen when the second machine starts: providers reserve no addresses, and two VMs with one address take each other off the network.',
  guide: 'Common Prerequisites',
  siteChecksIt: true,
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-cp-pool
spec:
  pool:
    - ip: 10.10.20.11
    - ip: 10.10.20.12
    - ip: 10.10.20.13
`,
    '- ip: 10.10.20.12',
    '- ip: 10.10.20.21 # also in the pool of the workers',
  ),
  *check(view) {
    const seen = new Map<string, string>();
    for (const { at, path, what, value } of namedThings(view)) {
      const key = `${what} ${sameForm(value)}`;
      const other = seen.get(key);
      if (other !== undefined)
        yield {
          at,
          path,
          message: `${what} ${value} is also that of ${other}`,
          expected: `another ${what}`,
          found: value,
        };
      const entry = path.find((step) => typeof step === 'number');
      seen.set(key, other ?? `${String(at.object.metadata.name)} entry ${String(entry)}`);
    }
  },
};
