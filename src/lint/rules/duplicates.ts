import { isRecord, listAt, type FieldPath, type ManifestRule } from '../../providers/index.ts';

/** The site's checks cannot know this: two pools of different names can lead to objects of one name. */
export const objectsTwice: ManifestRule = {
  code: 'MANIFEST_DUPLICATE',
  severity: 'error',
  what: 'Every object occurs once.',
  why: 'kubectl would apply the second over the first, and two sets of machines would share what is left.',
  guide: 'Naming Convention',
  *check({ objects }) {
    const seen = new Set<string>();
    for (const at of objects) {
      const { apiVersion, kind, metadata } = at.object;
      const key = [apiVersion, kind, metadata.namespace, metadata.name].join('/');
      if (seen.has(key))
        yield {
          at,
          path: ['metadata', 'name'],
          message: `${kind} ${String(metadata.name)} occurs twice`,
          expected: 'another name',
          found: String(metadata.name),
          hint: at.origin === 'site' ? 'Give the worker pool another name: its objects are named after it.' : undefined,
        };
      seen.add(key);
    }
  },
};

export const duplicates: ManifestRule = {
  code: 'MANIFEST_DUPLICATE',
  severity: 'error',
  what: 'Node addresses, host names and VM names are unique over all pools.',
  why: 'The provider reserves no addresses: two VMs with one address take each other off the network.',
  guide: 'Step 4',
  siteChecksIt: true,
  *check({ provider, ofKind }) {
    const seen = new Map<string, string>();
    for (const at of ofKind(provider.kinds.pool.kind)) {
      for (const [index, slot] of listAt(at.object, provider.shape.slots).entries()) {
        if (!isRecord(slot)) continue;
        const path: FieldPath = [...provider.shape.slots, index];
        const entries = [
          ['address', provider.shape.slotAddress(slot)],
          ['host name', slot['hostname']],
          ['VM name', slot['machineName']],
        ] as const;
        for (const [what, value] of entries) {
          if (typeof value !== 'string') continue;
          const here = `${String(at.object.metadata.name)} entry ${String(index)}`;
          const other = seen.get(`${what} ${value}`);
          if (other !== undefined)
            yield {
              at,
              path,
              message: `${what} ${value} is also that of ${other}`,
              expected: `another ${what}`,
              found: value,
            };
          seen.set(`${what} ${value}`, other ?? here);
        }
      }
    }
  },
};
