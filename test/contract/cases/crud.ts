import { expect } from 'vitest';
import { at, ofAnyVersion, PAUSED, textAt, type ContractCase } from '../contract-case.ts';

export const crud: readonly ContractCase[] = [
  {
    title: 'POST answers 201 with uid, resourceVersion, creationTimestamp and namespace',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call('POST', w.core('configmaps'), w.configMap(name));
      expect(answer.code).toBe(201);
      expect(answer.body).toMatchObject({ kind: 'ConfigMap', metadata: { name, namespace: w.namespace } });
      expect(textAt(answer.body, 'metadata', 'uid')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      expect(textAt(answer.body, 'metadata', 'resourceVersion')).toMatch(/^[1-9]\d*$/);
      expect(textAt(answer.body, 'metadata', 'creationTimestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  },
  {
    title: 'GET answers what was created',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      expect(await w.get(w.core('configmaps', name))).toEqual(created);
    },
  },
  {
    title: 'generateName appends five characters',
    run: async (w) => {
      const created = await w.given(w.core('configmaps'), {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'gen-' },
      });
      expect(textAt(created, 'metadata', 'name')).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(at(created, 'metadata', 'generateName')).toBe('gen-');
    },
  },
  {
    title: 'what the server sets is not taken from a creator',
    run: async (w) => {
      const metadata = { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, selfLink: '/x' };
      const created = await w.given(w.core('configmaps'), w.configMap(w.name(), {}, metadata));
      expect(at(created, 'metadata', 'uid')).not.toBe('mine');
      expect(at(created, 'metadata', 'creationTimestamp')).not.toBe('2001-01-01T00:00:00Z');
    },
  },
  {
    title: 'a ConfigMap has no generation',
    run: async (w) => {
      const created = await w.given(w.core('configmaps'), w.configMap(w.name()));
      expect(created['metadata']).not.toHaveProperty('generation');
    },
  },
  {
    title: 'PUT replaces the object and moves the resourceVersion',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name, { a: '1', b: '2' }));
      const answer = await w.api.call('PUT', w.core('configmaps', name), { ...created, data: { a: '9' } });
      expect(answer).toMatchObject({ code: 200, body: { data: { a: '9' } } });
      expect(answer.body['data']).not.toHaveProperty('b');
      expect(Number(textAt(answer.body, 'metadata', 'resourceVersion'))).toBeGreaterThan(
        Number(textAt(created, 'metadata', 'resourceVersion')),
      );
    },
  },
  {
    title: 'PUT without a change keeps the resourceVersion',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call('PUT', w.core('configmaps', name), created);
      expect(at(answer.body, 'metadata', 'resourceVersion')).toBe(at(created, 'metadata', 'resourceVersion'));
    },
  },
  {
    title: 'PUT of a ConfigMap without resourceVersion is taken as it is',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const answer = await w.api.call('PUT', w.core('configmaps', name), w.configMap(name, { b: '2' }));
      expect(answer).toMatchObject({ code: 200, body: { data: { b: '2' } } });
    },
  },
  {
    title: 'PUT keeps uid and creationTimestamp where they are left out',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.core('configmaps'), w.configMap(name));
      const { body } = await w.api.call('PUT', w.core('configmaps', name), w.configMap(name, { b: '2' }));
      expect(at(body, 'metadata', 'uid')).toBe(at(created, 'metadata', 'uid'));
      expect(at(body, 'metadata', 'creationTimestamp')).toBe(at(created, 'metadata', 'creationTimestamp'));
    },
  },
  {
    title: 'a Secret keeps stringData as base64 data, and gets type Opaque',
    run: async (w) => {
      const created = await w.given(w.core('secrets'), {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: w.name() },
        stringData: { key: 'value' },
      });
      expect(created).toMatchObject({ type: 'Opaque', data: { key: 'dmFsdWU=' } });
      expect(created).not.toHaveProperty('stringData');
    },
  },
  {
    title: 'a Deployment gets its defaults and generation 1',
    run: async (w) => {
      const created = await w.given(w.apps('deployments'), w.deployment(w.name()));
      expect(created).toMatchObject({
        metadata: { generation: 1 },
        spec: {
          replicas: 1,
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
          template: {
            spec: {
              restartPolicy: 'Always',
              dnsPolicy: 'ClusterFirst',
              schedulerName: 'default-scheduler',
              terminationGracePeriodSeconds: 30,
              containers: [{ imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' }],
            },
          },
        },
        status: {},
      });
    },
  },
  {
    title: "a change of a Deployment's spec counts its generation, one of its labels does not",
    run: async (w) => {
      const name = w.name();
      await w.given(w.apps('deployments'), w.deployment(name, PAUSED));
      const labelled = await w.merge(w.apps('deployments', name), { metadata: { labels: { x: 'y' } } });
      expect(at(labelled.body, 'metadata', 'generation')).toBe(1);
      const changed = await w.merge(w.apps('deployments', name), { spec: { replicas: 2 } });
      expect(at(changed.body, 'metadata', 'generation')).toBe(2);
    },
  },
  {
    title: 'the status of a creation is dropped, and that of a PUT to the main resource ignored',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.apps('deployments'), { ...w.deployment(name), status: { replicas: 5 } });
      expect(created['status']).toEqual({});
      const { body } = await w.api.call('PUT', w.apps('deployments', name), {
        ...ofAnyVersion(created),
        status: { replicas: 5 },
      });
      expect(at(body, 'status', 'replicas')).not.toBe(5);
    },
  },
  {
    title: 'a PUT to status changes the status alone',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(w.apps('deployments'), w.deployment(name, PAUSED));
      const answer = await w.api.call('PUT', w.apps('deployments', name, 'status'), {
        ...ofAnyVersion(created),
        spec: { ...(created['spec'] as object), replicas: 9 },
        status: { observedGeneration: 1, replicas: 1 },
      });
      expect(answer.body).toMatchObject({
        spec: { replicas: 1 },
        status: { replicas: 1 },
        metadata: { generation: 1 },
      });
    },
  },
  {
    title: 'scale is read and written as autoscaling/v1 Scale',
    run: async (w) => {
      const name = w.name();
      await w.given(w.apps('deployments'), w.deployment(name, PAUSED));
      const scale = await w.get(w.apps('deployments', name, 'scale'));
      expect(scale).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: { replicas: 1 },
        status: { replicas: 0, selector: `app=${name}` },
      });
      const answer = await w.api.call('PUT', w.apps('deployments', name, 'scale'), { ...scale, spec: { replicas: 4 } });
      expect(answer).toMatchObject({ code: 200, body: { spec: { replicas: 4 } } });
      expect(await w.get(w.apps('deployments', name))).toMatchObject({
        spec: { replicas: 4 },
        metadata: { generation: 2 },
      });
    },
  },
  {
    title: 'a Namespace is Active, with the kubernetes finalizer and its name as a label',
    run: async (w) =>
      expect(await w.get(`/api/v1/namespaces/${w.namespace}`)).toMatchObject({
        metadata: { labels: { 'kubernetes.io/metadata.name': w.namespace } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      }),
  },
  {
    title: 'a Service gets a cluster IP, type, protocol, target port and session affinity',
    run: async (w) => {
      const created = await w.given(w.core('services'), {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: w.name('s') },
        spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
      });
      expect(created).toMatchObject({
        spec: {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: 'SingleStack',
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        },
        status: { loadBalancer: {} },
      });
      const ip = textAt(created, 'spec', 'clusterIP');
      expect(ip).toMatch(/^\d+(\.\d+){3}$/);
      expect(at(created, 'spec', 'clusterIPs')).toEqual([ip]);
    },
  },
  {
    title: 'a headless Service keeps cluster IP None',
    run: async (w) => {
      const created = await w.given(w.core('services'), {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: w.name('s') },
        spec: { clusterIP: 'None', ports: [{ port: 80 }] },
      });
      expect(created).toMatchObject({ spec: { clusterIP: 'None', clusterIPs: ['None'] } });
    },
  },
  {
    title: 'GET as PartialObjectMetadata answers metadata alone',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name));
      const { body } = await w.api.call('GET', w.core('configmaps', name), undefined, {
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name } });
      expect(body).not.toHaveProperty('data');
    },
  },
  {
    title: 'GET as Table answers columns and one row with its metadata',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('configmaps'), w.configMap(name, { a: '1', b: '2' }));
      const { body } = await w.api.call('GET', w.core('configmaps', name), undefined, {
        accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
      });
      expect(body).toMatchObject({
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
        rows: [{ cells: [name, 2, expect.any(String)], object: { kind: 'PartialObjectMetadata', metadata: { name } } }],
      });
    },
  },
  {
    title: 'PUT creates nothing where the kind does not allow it',
    run: async (w) => {
      const name = w.name();
      const answer = await w.api.call('PUT', w.core('configmaps', name), w.configMap(name));
      expect(answer).toMatchObject({ code: 404, body: { reason: 'NotFound' } });
    },
  },
  {
    title: 'a Job without labels has those that its template was given',
    run: async (w) => {
      const name = w.name('job');
      const path = `/apis/batch/v1/namespaces/${w.namespace}/jobs`;
      const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
      const { metadata } = await w.given(path, { metadata: { name }, spec: { template } });
      const uid = textAt(metadata, 'uid');
      expect(at(metadata, 'labels')).toEqual({
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': uid,
        'job-name': name,
      });
    },
  },
];
