import { expect } from 'vitest';
import { at, expectFailure, textAt, type ContractCase, type World } from '../contract-case.ts';

async function versionNow(w: World): Promise<string> {
  return textAt(await w.get(`${w.core('configmaps')}?limit=1`), 'metadata', 'resourceVersion');
}

const watchOf = (w: World, values: Record<string, string>): string =>
  `${w.core('configmaps')}?${new URLSearchParams({ watch: 'true', ...values }).toString()}`;

export const watches: readonly ContractCase[] = [
  {
    title: 'a watch from a resourceVersion tells of what came after it, in order',
    run: async (w) => {
      const name = w.name();
      const path = watchOf(w, { resourceVersion: await versionNow(w), fieldSelector: `metadata.name=${name}` });
      const events = await w.api.watch(path, 3, async () => {
        await w.given(w.core('configmaps'), w.configMap(name));
        await w.merge(w.core('configmaps', name), { data: { b: '2' } });
        await w.api.call('DELETE', w.core('configmaps', name));
      });
      expect(events.map((e) => e.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      const versions = events.map((e) => Number(textAt(e.object, 'metadata', 'resourceVersion')));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(3);
    },
  },
  {
    title: 'the object of an event carries kind and apiVersion',
    run: async (w) => {
      const name = w.name();
      const path = watchOf(w, { resourceVersion: await versionNow(w), fieldSelector: `metadata.name=${name}` });
      const [event] = await w.api.watch(path, 1, () => w.given(w.core('configmaps'), w.configMap(name)));
      expect(event?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name } });
    },
  },
  {
    title: 'a watch without resourceVersion begins with what exists',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const [event] = await w.api.watch(watchOf(w, { fieldSelector: `metadata.name=${name}` }), 1);
      expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name } } });
    },
  },
  {
    title: 'an object that comes under a label selector is ADDED, one that leaves it DELETED',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const path = watchOf(w, { resourceVersion: await versionNow(w), labelSelector: `picked=${name}` });
      const events = await w.api.watch(path, 3, async () => {
        await w.merge(w.core('configmaps', name), { metadata: { labels: { picked: name } } });
        await w.merge(w.core('configmaps', name), { data: { b: '2' } });
        await w.merge(w.core('configmaps', name), { metadata: { labels: { picked: null } } });
      });
      expect(events.map((e) => e.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      // Clients keep what they last saw: the state that was still selected, at the version that ended it.
      expect(events[2]?.object).toMatchObject({ metadata: { labels: { picked: name } } });
    },
  },
  {
    title: 'sendInitialEvents sends what exists and closes it with an annotated bookmark',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const asked = {
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: 'true',
        fieldSelector: `metadata.name=${name}`,
      };
      // Kubernetes 1.33 ships with the feature off, and then says so.
      const probe = await w.api.call('GET', watchOf(w, { ...asked, timeoutSeconds: '1' }));
      if (probe.code === 422) {
        expect(textAt(probe.body, 'message')).toContain('unless the WatchList feature gate is enabled');
        return;
      }
      const events = await w.api.watch(watchOf(w, asked), 2);
      expect(events.map((e) => e.type)).toEqual(['ADDED', 'BOOKMARK']);
      expect(at(events[1]?.object, 'metadata', 'annotations')).toEqual({ 'k8s.io/initial-events-end': 'true' });
      expect(events[1]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    },
  },
  {
    title: 'sendInitialEvents without resourceVersionMatch is refused',
    run: async (w) => {
      const answer = await w.api.call('GET', watchOf(w, { sendInitialEvents: 'true' }));
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain('sendInitialEvents');
    },
  },
  {
    title: 'timeoutSeconds ends a watch',
    run: async (w) => {
      const path = watchOf(w, {
        resourceVersion: await versionNow(w),
        timeoutSeconds: '1',
        fieldSelector: 'metadata.name=none',
      });
      const events = await w.api.watch(path, 1);
      expect(events).toEqual([]);
    },
  },
  {
    title: 'a watch as Table sends its columns once and a row an event',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const path = watchOf(w, { fieldSelector: `metadata.name=${name}`, timeoutSeconds: '1' });
      const answer = await w.api.call('GET', path, undefined, {
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
      });
      const event = JSON.parse(answer.text.split('\n')[0] ?? '') as unknown;
      expect(event).toMatchObject({
        type: 'ADDED',
        object: {
          kind: 'Table',
          columnDefinitions: [{ name: 'Name' }, {}, {}],
          rows: [{ cells: [name, 1, expect.any(String)] }],
        },
      });
    },
  },
  {
    title: 'a custom resource is watched in the version that is asked for',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name));
      const path = `${w.widgets(undefined, undefined, 'v1beta1')}?watch=true&fieldSelector=metadata.name%3D${name}`;
      const [event] = await w.api.watch(path, 1);
      expect(event?.object).toMatchObject({ apiVersion: `${w.group}/v1beta1`, kind: 'Widget' });
    },
  },
  {
    title: 'the finalizer that goes last sends MODIFIED with a deletionTimestamp, then DELETED',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const path = watchOf(w, { resourceVersion: await versionNow(w), fieldSelector: `metadata.name=${name}` });
      const events = await w.api.watch(path, 2, async () => {
        await w.api.call('DELETE', w.core('configmaps', name));
        await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
      });
      expect(events.map((e) => e.type)).toEqual(['MODIFIED', 'DELETED']);
      expect(at(events[0]?.object, 'metadata')).toHaveProperty('deletionTimestamp');
    },
  },
];
