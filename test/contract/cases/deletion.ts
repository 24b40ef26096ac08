import { expect } from 'vitest';
import { at, expectFailure, textAt, UNSCHEDULED, type ContractCase, type World } from '../contract-case.ts';

const gone = async (w: World, path: string): Promise<void> =>
  expectFailure(await w.api.call('GET', path), 404, 'NotFound');

export const deletion: readonly ContractCase[] = [
  {
    title: 'DELETE answers Success with the uid of what went',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call('DELETE', w.core('configmaps', name));
      expect(answer).toMatchObject({
        code: 200,
        body: {
          kind: 'Status',
          status: 'Success',
          details: { name, kind: 'configmaps', uid: textAt(created, 'metadata', 'uid') },
        },
      });
      await gone(w, w.core('configmaps', name));
    },
  },
  {
    title: 'DELETE of what does not exist is NotFound',
    run: async (w) => expectFailure(await w.api.call('DELETE', w.core('configmaps', 'absent')), 404, 'NotFound'),
  },
  {
    title: 'an object with a finalizer stays with a deletionTimestamp until it is taken away',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const answer = await w.api.call('DELETE', w.core('configmaps', name));
      expect(answer).toMatchObject({
        code: 200,
        body: { kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } },
      });
      expect(textAt(answer.body, 'metadata', 'deletionTimestamp')).toMatch(/Z$/);
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
      await gone(w, w.core('configmaps', name));
    },
  },
  {
    title: 'a second DELETE of an object that waits changes nothing',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const first = await w.api.call('DELETE', w.core('configmaps', name));
      const second = await w.api.call('DELETE', w.core('configmaps', name));
      expect(at(second.body, 'metadata', 'resourceVersion')).toBe(at(first.body, 'metadata', 'resourceVersion'));
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'finalizers of built-in kinds need a prefix, those of custom resources do not',
    run: async (w) => {
      const name = w.name();
      const finalizers = ['plain.example.com'];
      expectFailure(
        await w.api.call('POST', w.core('configmaps'), w.configMap(name, {}, { finalizers })),
        422,
        'Invalid',
        {
          message: `ConfigMap "${name}" is invalid: metadata.finalizers[0]: Invalid value: "plain.example.com": name is neither a standard finalizer name nor is it fully qualified`,
        },
      );
      const widget = w.widget(name, { size: 1 });
      const metadata = { ...(widget['metadata'] as object), finalizers };
      const created = await w.given(w.widgets(), { ...widget, metadata });
      expect(at(created, 'metadata', 'finalizers')).toEqual(finalizers);
      await w.merge(w.widgets(name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'no finalizer can be added to an object that waits for its deletion',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      await w.api.call('DELETE', w.core('configmaps', name));
      const answer = await w.merge(w.core('configmaps', name), {
        metadata: { finalizers: ['example.com/hold', 'example.com/more'] },
      });
      expectFailure(answer, 422, 'Invalid');
      expect(textAt(answer.body, 'message')).toContain(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
      );
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'a uid precondition that does not hold is Conflict',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const uid = '00000000-0000-4000-8000-000000000000';
      const answer = await w.api.call('DELETE', w.core('configmaps', name), { preconditions: { uid } });
      expectFailure(answer, 409, 'Conflict');
      expect(textAt(answer.body, 'message')).toContain(
        `the UID in the precondition (${uid}) does not match the UID in record (`,
      );
    },
  },
  {
    title: 'a resourceVersion precondition that does not hold is Conflict',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      expectFailure(
        await w.api.call('DELETE', w.core('configmaps', name), { preconditions: { resourceVersion: '1' } }),
        409,
        'Conflict',
      );
    },
  },
  {
    title: 'Foreground adds the finalizer foregroundDeletion and waits',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const answer = await w.api.call('DELETE', w.core('configmaps', name), { propagationPolicy: 'Foreground' });
      expect(at(answer.body, 'metadata', 'finalizers')).toEqual(['example.com/hold', 'foregroundDeletion']);
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'Orphan adds the finalizer orphan and waits',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const answer = await w.api.call('DELETE', w.core('configmaps', name), { propagationPolicy: 'Orphan' });
      expect(at(answer.body, 'metadata', 'finalizers')).toEqual(['example.com/hold', 'orphan']);
      await w.merge(w.core('configmaps', name), { metadata: { finalizers: null } });
    },
  },
  {
    title: 'a Pod that no node has goes at once',
    run: async (w) => {
      const name = w.name('pod');
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: { ...UNSCHEDULED, containers: [{ name: 'c', image: 'i' }] },
      };
      await w.given(w.core('pods'), pod);
      await w.api.call('DELETE', w.core('pods', name));
      await gone(w, w.core('pods', name));
    },
  },
  {
    title: 'a Pod of a node gets its grace period, and goes with gracePeriodSeconds 0',
    run: async (w) => {
      const name = w.name('pod');
      const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
      await w.given(w.core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
      const answer = await w.api.call('DELETE', w.core('pods', name));
      expect(answer.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 30 } });
      await w.api.call('DELETE', w.core('pods', name), { gracePeriodSeconds: 0 });
      await gone(w, w.core('pods', name));
    },
  },
  {
    title: 'DELETE of a collection takes what the selector finds, and answers the list',
    run: async (w) => {
      const label = w.name('batch');
      const kept = w.name();
      for (const name of [w.name(), w.name()])
        await w.given(w.core('configmaps'), w.configMap(name, {}, { labels: { batch: label } }));
      await w.given(w.core('configmaps'), w.configMap(kept));
      const answer = await w.api.call('DELETE', `${w.core('configmaps')}?labelSelector=batch%3D${label}`);
      expect(answer).toMatchObject({ code: 200, body: { kind: 'ConfigMapList', items: [{}, {}] } });
      expect(await w.get(`${w.core('configmaps')}?labelSelector=batch%3D${label}`)).toMatchObject({ items: [] });
      await w.get(w.core('configmaps', kept));
    },
  },
  {
    title: 'a Namespace that is deleted is Terminating and takes no new objects',
    run: async (w) => {
      const name = w.name(`${w.namespace}-end`);
      await w.given('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      await w.given(
        `/api/v1/namespaces/${name}/configmaps`,
        w.configMap('hold', {}, { finalizers: ['example.com/hold'] }),
      );
      const answer = await w.api.call('DELETE', `/api/v1/namespaces/${name}`);
      expect(answer.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
      const refused = await w.api.call('POST', `/api/v1/namespaces/${name}/configmaps`, w.configMap('late'));
      expectFailure(refused, 403, 'Forbidden', {
        message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
        details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
      });
      await w.merge(`/api/v1/namespaces/${name}/configmaps/hold`, { metadata: { finalizers: null } });
    },
  },
  {
    title: 'the namespace default cannot be deleted',
    run: async (w) =>
      expectFailure(await w.api.call('DELETE', '/api/v1/namespaces/default'), 403, 'Forbidden', {
        message: 'namespaces "default" is forbidden: this namespace may not be deleted',
      }),
  },
  {
    title: 'a custom resource with a finalizer waits as a built-in one does, and counts a generation',
    run: async (w) => {
      const name = w.name();
      await w.given(w.widgets(), w.widget(name, { size: 1 }, { finalizers: ['example.com/hold'] }));
      const answer = await w.api.call('DELETE', w.widgets(name));
      expect(answer.body).toMatchObject({ kind: 'Widget', metadata: { generation: 2, deletionGracePeriodSeconds: 0 } });
      await w.merge(w.widgets(name), { metadata: { finalizers: null } });
      await gone(w, w.widgets(name));
    },
  },
  {
    title: 'an object goes with its owner',
    needs: 'garbage collector',
    run: async (w) => {
      const owner = w.name();
      const owned = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(owner));
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: textAt(created, 'metadata', 'uid') };
      await w.given(w.core('configmaps'), w.configMap(owned, {}, { ownerReferences: [reference] }));
      const path = `${w.core('configmaps')}?watch=true&fieldSelector=metadata.name%3D${owned}`;
      const events = await w.api.watch(path, 2, () => w.api.call('DELETE', w.core('configmaps', owner)));
      expect(events.map((e) => e.type)).toEqual(['ADDED', 'DELETED']);
    },
  },
  {
    title: 'a Namespace goes with what is in it',
    needs: 'namespace controller',
    run: async (w) => {
      const name = w.name(`${w.namespace}-go`);
      await w.given('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      await w.given(`/api/v1/namespaces/${name}/configmaps`, w.configMap('a'));
      const path = `/api/v1/namespaces/${name}/configmaps?watch=true&fieldSelector=metadata.name%3Da`;
      const events = await w.api.watch(path, 2, () => w.api.call('DELETE', `/api/v1/namespaces/${name}`));
      expect(events.map((e) => e.type)).toEqual(['ADDED', 'DELETED']);
    },
  },
];
