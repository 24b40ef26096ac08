import type { ObjectsRule } from '../../providers/index.ts';

/** The site's checks cannot know this: two pools of different names can lead to objects of one name. */
export const objectsTwice: ObjectsRule = {
  code: 'MANIFEST_DUPLICATE',
  severity: 'error',
  what: 'Every object occurs once.',
  why: 'Seen too late: kubectl applies the second over the first, and two sets of machines share what is left.',
  guide: 'Naming Convention',
  needsProvider: false,
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
