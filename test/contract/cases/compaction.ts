import { expect } from 'vitest';
import { expectFailure, names, textAt, type ContractCase, type World } from '../contract-case.ts';

const query = (values: Record<string, string>): string => `?${new URLSearchParams(values).toString()}`;

/** Three labelled ConfigMaps, their selector, and the version of the list before one of them goes. */
async function past(w: World): Promise<{ selector: string; members: string[]; version: string; token: string }> {
  const label = w.name('old');
  const members = [w.name('one'), w.name('two'), w.name('three')].sort();
  for (const name of members) await w.given(w.core('configmaps'), w.configMap(name, {}, { labels: { label } }));
  const selector = `label=${label}`;
  const page = await w.get(w.core('configmaps') + query({ labelSelector: selector, limit: '1' }));
  await w.api.call('DELETE', w.core('configmaps', members[1]));
  return {
    selector,
    members,
    version: textAt(page, 'metadata', 'resourceVersion'),
    token: textAt(page, 'metadata', 'continue'),
  };
}

/** What becomes of reads of the past once the store has forgotten it. From 1.34 on a server may answer them from memory. */
export const compaction: readonly ContractCase[] = [
  {
    title: 'a list at exactly a version that is forgotten is Expired',
    compacts: true,
    run: async (w) => {
      const { version, selector } = await past(w);
      await w.compact();
      const path = query({ labelSelector: selector, resourceVersion: version, resourceVersionMatch: 'Exact' });
      const answer = await w.api.call('GET', w.core('configmaps') + path);
      expectFailure(answer, 410, 'Expired', { message: 'The resourceVersion for the provided list is too old.' });
    },
  },
  {
    title: 'a list that goes on from a forgotten version is Expired, with a token for what remains at present',
    compacts: true,
    run: async (w) => {
      const { selector, token, members } = await past(w);
      await w.compact();
      const next = (from: string): string =>
        w.core('configmaps') + query({ labelSelector: selector, limit: '5', continue: from });
      const answer = await w.api.call('GET', next(token));
      expectFailure(answer, 410, 'Expired');
      expect(textAt(answer.body, 'message')).toContain('The provided continue parameter is too old');
      const rest = await w.get(next(textAt(answer.body, 'metadata', 'continue')));
      expect(names(rest)).toEqual([members[2]]);
    },
  },
  {
    title: 'a list at least as new as a forgotten version is the present one',
    compacts: true,
    run: async (w) => {
      const { selector, version, members } = await past(w);
      await w.compact();
      const path = query({ labelSelector: selector, resourceVersion: version, resourceVersionMatch: 'NotOlderThan' });
      expect(names(await w.get(w.core('configmaps') + path))).toEqual([members[0], members[2]]);
    },
  },
  {
    title: 'a watch goes on through a compaction',
    compacts: true,
    run: async (w) => {
      const name = w.name('watched');
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const path = query({
        watch: 'true',
        resourceVersion: textAt(created, 'metadata', 'resourceVersion'),
        fieldSelector: `metadata.name=${name}`,
      });
      const events = await w.api.watch(w.core('configmaps') + path, 1, async () => {
        await w.compact();
        await w.api.call('DELETE', w.core('configmaps', name));
      });
      expect(events.map((e) => e.type)).toEqual(['DELETED']);
    },
  },
  {
    title: 'a watch from before anything was stored is told so by an ERROR event',
    run: async (w) => {
      const [event] = await w.api.watch(`${w.core('configmaps')}${query({ watch: 'true', resourceVersion: '1' })}`, 1);
      expect(event).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 },
      });
      expect(textAt(event?.object, 'message')).toMatch(/^too old resource version: 1 \(\d+\)$/);
    },
  },
];
