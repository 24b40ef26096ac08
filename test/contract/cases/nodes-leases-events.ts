import { expect } from 'vitest';
import { expectFailure, type ContractCase } from '../contract-case.ts';

const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const events = (namespace: string): string => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
const autoscalers = (namespace: string, version: string): string =>
  `/apis/autoscaling/${version}/namespaces/${namespace}/horizontalpodautoscalers`;

export const nodesLeasesAndEvents: readonly ContractCase[] = [
  {
    title: 'a new Node keeps its status, and no Pod comes to it yet',
    run: async (w) => {
      const name = `${w.name('n')}-${w.namespace}`;
      const created = await w.given('/api/v1/nodes', {
        metadata: { name },
        spec: { podCIDR: '10.9.0.0/24' },
        status: { capacity: { cpu: '4000m', memory: '1024Ki' }, conditions: [{ type: 'Ready', status: 'True' }] },
      });
      expect(created).toMatchObject({
        spec: {
          podCIDRs: ['10.9.0.0/24'],
          taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
        },
        status: {
          capacity: { cpu: '4', memory: '1Mi' },
          allocatable: { cpu: '4', memory: '1Mi' },
          conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null }],
          nodeInfo: { kubeletVersion: '', architecture: '' },
          daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
        },
      });
      await w.api.call('DELETE', `/api/v1/nodes/${name}`);
    },
  },
  {
    title: 'a taint of a Node has one of three effects',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', '/api/v1/nodes?dryRun=All', {
          metadata: { name: w.name('n') },
          spec: { taints: [{ key: 'a', effect: 'X' }] },
        }),
        422,
        'Invalid',
        {
          details: {
            causes: [
              {
                reason: 'FieldValueNotSupported',
                field: 'metadata.taints[0].effect',
                message: 'Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
              },
            ],
          },
        },
      ),
  },
  {
    title: 'a Lease keeps microseconds',
    run: async (w) => {
      const name = w.name();
      const times = { acquireTime: '2024-01-01T00:00:00.123456Z', renewTime: '2024-01-01T02:00:00.500000+02:00' };
      const created = await w.given(leases(w.namespace), {
        metadata: { name },
        spec: { holderIdentity: 'x', ...times },
      });
      expect(created).toMatchObject({
        spec: { acquireTime: '2024-01-01T00:00:00.123456Z', renewTime: '2024-01-01T00:00:00.500000Z' },
      });
    },
  },
  {
    title: 'a Lease without a spec prints one',
    run: async (w) => {
      expect(await w.given(leases(w.namespace), { metadata: { name: w.name() } })).toMatchObject({ spec: {} });
    },
  },
  {
    title: 'a Lease lasts longer than nothing',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', leases(w.namespace), {
          metadata: { name: w.name() },
          spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
        }),
        422,
        'Invalid',
        {
          details: {
            causes: [
              { field: 'spec.leaseDurationSeconds', message: 'Invalid value: 0: must be greater than 0' },
              { field: 'spec.leaseTransitions', message: 'Invalid value: -1: must be greater than or equal to 0' },
            ],
          },
        },
      ),
  },
  {
    title: 'PUT of a Lease without resourceVersion is Invalid, and one that does not exist is created',
    run: async (w) => {
      const name = w.name();
      const lease = { metadata: { name }, spec: { holderIdentity: 'x' } };
      expect((await w.api.call('PUT', `${leases(w.namespace)}/${name}`, lease)).code).toBe(201);
      expectFailure(await w.api.call('PUT', `${leases(w.namespace)}/${name}`, lease), 422, 'Invalid', {
        details: { causes: [{ field: 'metadata.resourceVersion' }] },
      });
    },
  },
  {
    title: 'an Event of the core group is read as one of events.k8s.io',
    run: async (w) => {
      const name = w.name();
      await w.given(w.core('events'), {
        metadata: { name },
        involvedObject: { kind: 'Pod', namespace: w.namespace, name: 'p' },
        reason: 'R',
        message: 'M',
        type: 'Normal',
        source: { component: 'c' },
        count: 2,
      });
      const seen = await w.get(`${events(w.namespace)}/${name}`);
      expect(seen).toMatchObject({
        apiVersion: 'events.k8s.io/v1',
        regarding: { kind: 'Pod', name: 'p' },
        note: 'M',
        reason: 'R',
        deprecatedSource: { component: 'c' },
        deprecatedCount: 2,
        deprecatedFirstTimestamp: null,
        eventTime: null,
      });
      expect(seen).not.toHaveProperty('reportingController');
    },
  },
  {
    title: 'an Event of events.k8s.io is read as one of the core group',
    run: async (w) => {
      const name = w.name();
      await w.given(events(w.namespace), {
        metadata: { name },
        eventTime: '2024-01-01T00:00:00.123456Z',
        reportingController: 'example.com/c',
        reportingInstance: 'i',
        action: 'A',
        reason: 'R',
        note: 'N',
        type: 'Normal',
        regarding: { kind: 'Pod', namespace: w.namespace, name: 'p' },
      });
      expect(await w.get(w.core('events', name))).toMatchObject({
        apiVersion: 'v1',
        kind: 'Event',
        involvedObject: { kind: 'Pod', name: 'p' },
        message: 'N',
        reportingComponent: 'example.com/c',
        reportingInstance: 'i',
        eventTime: '2024-01-01T00:00:00.123456Z',
        source: {},
        firstTimestamp: null,
      });
    },
  },
  {
    title: 'an Event is in the namespace of what it is about',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', w.core('events'), {
          metadata: { name: w.name() },
          involvedObject: { kind: 'Pod', name: 'p' },
        }),
        422,
        'Invalid',
        {
          details: {
            causes: [
              { field: 'involvedObject.namespace', message: 'Invalid value: "": does not match event.namespace' },
            ],
          },
        },
      ),
  },
  {
    title: 'an autoscaler without metrics looks at the CPU, in both versions',
    run: async (w) => {
      const name = w.name();
      const created = await w.given(autoscalers(w.namespace, 'v2'), {
        metadata: { name },
        spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } },
      });
      expect(created).toMatchObject({
        spec: {
          minReplicas: 1,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
          ],
        },
        status: { desiredReplicas: 0, currentMetrics: null },
      });
      expect(await w.get(`${autoscalers(w.namespace, 'v1')}/${name}`)).toMatchObject({
        apiVersion: 'autoscaling/v1',
        spec: { targetCPUUtilizationPercentage: 80, minReplicas: 1, maxReplicas: 3 },
        status: { currentReplicas: 0, desiredReplicas: 0 },
      });
    },
  },
  {
    title: 'an autoscaler written in version 1 is read in version 2',
    run: async (w) => {
      const name = w.name();
      await w.given(autoscalers(w.namespace, 'v1'), {
        metadata: { name },
        spec: {
          maxReplicas: 3,
          targetCPUUtilizationPercentage: 50,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
        },
      });
      expect(await w.get(`${autoscalers(w.namespace, 'v2')}/${name}`)).toMatchObject({
        spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 50 } } }] },
      });
    },
  },
  {
    title: 'an autoscaler has at least as many replicas at most as at least',
    run: async (w) =>
      expectFailure(
        await w.api.call('POST', autoscalers(w.namespace, 'v2'), {
          metadata: { name: w.name() },
          spec: { maxReplicas: 1, minReplicas: 2, scaleTargetRef: { kind: 'X', name: 'y' } },
        }),
        422,
        'Invalid',
        {
          details: {
            causes: [
              {
                field: 'spec.maxReplicas',
                message: 'Invalid value: 1: must be greater than or equal to `minReplicas`',
              },
            ],
          },
        },
      ),
  },
];
