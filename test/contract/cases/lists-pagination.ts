import { expect } from 'vitest';
import { at, expectFailure, listAt, names, textAt, type ContractCase, type World } from '../contract-case.ts';

/** Makes `count` ConfigMaps with one label of their own; answers the selector that finds them. */
async function family(w: World, count: number): Promise<{ selector: string; members: string[] }> {
  const label = w.name('family');
  const members: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = w.name('member');
    members.push(name);
    await w.given(w.core('configmaps'), w.configMap(name, {}, { labels: { family: label, odd: String(i % 2 === 1) } }));
  }
  return { selector: `family=${label}`, members: members.sort() };
}

const query = (values: Record<string, string>): string => `?${new URLSearchParams(values).toString()}`;

export const listsAndPagination: readonly ContractCase[] = [
  {
    title: 'a list carries its kind and a resourceVersion; its items carry neither kind nor apiVersion',
    run: async (w) => {
      const { selector } = await family(w, 1);
      const list = await w.get(w.core('configmaps') + query({ labelSelector: selector }));
      expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      expect(textAt(list, 'metadata', 'resourceVersion')).toMatch(/^\d+$/);
      expect(listAt(list, 'items')[0]).not.toHaveProperty('kind');
    },
  },
  {
    title: 'items of a custom resource list carry kind and apiVersion',
    run: async (w) => {
      await w.given(w.widgets(), w.widget(w.name()));
      const list = await w.get(w.widgets());
      expect(list).toMatchObject({ kind: 'WidgetList', apiVersion: `${w.group}/v1` });
      expect(listAt(list, 'items')[0]).toMatchObject({ kind: 'Widget', apiVersion: `${w.group}/v1` });
    },
  },
  {
    title: 'an empty list has items [], not null',
    run: async (w) => {
      const list = await w.get(w.core('configmaps') + query({ labelSelector: 'nobody=has' }));
      expect(list['items']).toEqual([]);
    },
  },
  {
    title: 'items come in the order of their names',
    run: async (w) => {
      const { selector, members } = await family(w, 4);
      expect(names(await w.get(w.core('configmaps') + query({ labelSelector: selector })))).toEqual(members);
    },
  },
  ...(
    [
      ['equality', 'odd=true', 1],
      ['double equality', 'odd==true', 1],
      ['inequality', 'odd!=true', 2],
      ['in', 'odd in (true,false)', 3],
      ['notin', 'odd notin (true)', 2],
      ['presence', 'odd', 3],
      ['absence', '!odd', 0],
    ] as const
  ).map(([kind, requirement, count]) => ({
    title: `a label selector by ${kind} finds what it says`,
    run: async (w: World) => {
      const { selector } = await family(w, 3);
      const list = await w.get(w.core('configmaps') + query({ labelSelector: `${selector},${requirement}` }));
      expect(names(list)).toHaveLength(count);
    },
  })),
  {
    title: 'a label selector that cannot be parsed is BadRequest',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps') + query({ labelSelector: 'a==(' })),
        400,
        'BadRequest',
      ),
  },
  {
    title: 'a field selector by metadata.name finds one object',
    run: async (w) => {
      const { members } = await family(w, 2);
      const name = members[0] ?? '';
      expect(names(await w.get(w.core('configmaps') + query({ fieldSelector: `metadata.name=${name}` })))).toEqual([
        name,
      ]);
    },
  },
  {
    title: 'a field that the kind does not select by is BadRequest with its name',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('configmaps') + query({ fieldSelector: 'spec.nope=1' }));
      expectFailure(answer, 400, 'BadRequest');
      expect(textAt(answer.body, 'message')).toContain(
        '"spec.nope" is not a known field selector: only "metadata.name", "metadata.namespace"',
      );
    },
  },
  {
    title: 'Pods are selected by spec.nodeName',
    run: async (w) => {
      const name = w.name('pod');
      await w.given(w.core('pods'), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: { nodeName: `node-of-${name}`, containers: [{ name: 'c', image: 'i' }] },
      });
      const list = await w.get(w.core('pods') + query({ fieldSelector: `spec.nodeName=node-of-${name}` }));
      expect(names(list)).toEqual([name]);
    },
  },
  {
    title: 'a limited list answers a continue token and how many remain',
    run: async (w) => {
      const list = await w.get(`/api/v1/namespaces${query({ limit: '1' })}`);
      expect(names(list)).toHaveLength(1);
      expect(textAt(list, 'metadata', 'continue')).not.toBe('');
      expect(at(list, 'metadata', 'remainingItemCount')).toBeGreaterThanOrEqual(4);
    },
  },
  {
    title: 'pages together are the whole list, and the last has no token',
    run: async (w) => {
      const { selector, members } = await family(w, 5);
      const found: string[] = [];
      let token = '';
      do {
        const page: Record<string, string> = {
          labelSelector: selector,
          limit: '2',
          ...(token !== '' && { continue: token }),
        };
        const list = await w.get(w.core('configmaps') + query(page));
        found.push(...names(list));
        token = (at(list, 'metadata', 'continue') as string | undefined) ?? '';
      } while (token !== '');
      expect(found).toEqual(members);
    },
  },
  {
    title: 'a list with a selector does not say how many remain',
    run: async (w) => {
      const { selector } = await family(w, 3);
      const list = await w.get(w.core('configmaps') + query({ labelSelector: selector, limit: '1' }));
      expect(list['metadata']).not.toHaveProperty('remainingItemCount');
    },
  },
  {
    title: 'later pages show the state of the first, whatever was created since',
    run: async (w) => {
      const { selector, members } = await family(w, 3);
      const first = await w.get(w.core('configmaps') + query({ labelSelector: selector, limit: '1' }));
      await w.given(
        w.core('configmaps'),
        w.configMap(w.name('zzz'), {}, { labels: { family: selector.split('=')[1] } }),
      );
      const token = textAt(first, 'metadata', 'continue');
      const rest = await w.get(w.core('configmaps') + query({ labelSelector: selector, limit: '9', continue: token }));
      expect([...names(first), ...names(rest)]).toEqual(members);
      expect(at(rest, 'metadata', 'resourceVersion')).toBe(at(first, 'metadata', 'resourceVersion'));
    },
  },
  {
    title: 'a continue token that is none is BadRequest',
    run: async (w) =>
      expectFailure(
        await w.api.call('GET', w.core('configmaps') + query({ limit: '1', continue: 'x' })),
        400,
        'BadRequest',
      ),
  },
  {
    title: 'a resourceVersion together with continue is BadRequest',
    run: async (w) => {
      const { selector } = await family(w, 2);
      const first = await w.get(w.core('configmaps') + query({ labelSelector: selector, limit: '1' }));
      const token = textAt(first, 'metadata', 'continue');
      const path = w.core('configmaps') + query({ limit: '1', continue: token, resourceVersion: '5' });
      expect((await w.api.call('GET', path)).code).toBe(400);
    },
  },
  {
    title: 'resourceVersionMatch=Exact shows the state of that version',
    run: async (w) => {
      const { selector, members } = await family(w, 2);
      const before = textAt(
        await w.get(w.core('configmaps') + query({ labelSelector: selector })),
        'metadata',
        'resourceVersion',
      );
      await w.api.call('DELETE', w.core('configmaps', members[0]));
      const path = query({ labelSelector: selector, resourceVersion: before, resourceVersionMatch: 'Exact' });
      expect(names(await w.get(w.core('configmaps') + path))).toEqual(members);
    },
  },
  {
    title: 'resourceVersionMatch without resourceVersion is refused',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('configmaps') + query({ resourceVersionMatch: 'Exact' }));
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain(
        'resourceVersionMatch is forbidden unless resourceVersion is provided',
      );
    },
  },
  {
    title: 'a resourceVersion that is not a number is refused',
    run: async (w) => {
      const answer = await w.api.call('GET', w.core('configmaps') + query({ resourceVersion: 'abc' }));
      expect(answer.code).toBe(400);
    },
  },
  {
    title: 'a list over all namespaces holds those of this one',
    run: async (w) => {
      const { selector, members } = await family(w, 2);
      expect(names(await w.get(`/api/v1/configmaps${query({ labelSelector: selector })}`))).toEqual(members);
    },
  },
  {
    title: 'a list as Table has a row for each object',
    run: async (w) => {
      const { selector, members } = await family(w, 2);
      const { body } = await w.api.call('GET', w.core('configmaps') + query({ labelSelector: selector }), undefined, {
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json',
      });
      expect(body).toMatchObject({ kind: 'Table' });
      expect(listAt(body, 'rows').map((r) => at(r, 'object', 'metadata', 'name'))).toEqual(members);
    },
  },
  {
    title: 'includeObject=None leaves the objects out of a Table',
    run: async (w) => {
      const { selector } = await family(w, 1);
      const { body } = await w.api.call(
        'GET',
        w.core('configmaps') + query({ labelSelector: selector, includeObject: 'None' }),
        undefined,
        { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
      );
      expect(listAt(body, 'rows')[0]).toMatchObject({ object: null });
    },
  },
  {
    title: 'a list as PartialObjectMetadataList answers metadata alone',
    run: async (w) => {
      const { selector } = await family(w, 1);
      const { body } = await w.api.call('GET', w.core('configmaps') + query({ labelSelector: selector }), undefined, {
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(Object.keys(listAt(body, 'items')[0] ?? {})).not.toContain('data');
    },
  },
];
