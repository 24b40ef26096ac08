import { describe, expect, it } from 'vitest';
import { clusterPhase, machinePhase } from './core/index.ts';
import { applyDefaults, plan } from './core/machine-deployment.ts';
import {
  ensureOwner,
  featureGate,
  isFalse,
  isTrue,
  mergePatch,
  setConditions,
  summary,
  type Cluster,
  type Machine,
  type MachineDeployment,
  type MachineSet,
} from './index.ts';

const meta = { apiVersion: 'cluster.x-k8s.io/v1beta1', kind: 'X', metadata: { name: 'x' } };
const reference = { apiVersion: 'x/v1', kind: 'X', name: 'x' };

describe('Phases', () => {
  it('call a Cluster provisioned with an infrastructure and an endpoint, whatever its control plane does', () => {
    const cluster = (c: Partial<Cluster>): Cluster => ({ ...meta, ...c });
    const endpoint = { controlPlaneEndpoint: { host: '10.0.0.10', port: 6443 }, infrastructureRef: reference };
    expect(clusterPhase(cluster({}))).toBe('Pending');
    expect(clusterPhase(cluster({ spec: { infrastructureRef: reference } }))).toBe('Provisioning');
    expect(clusterPhase(cluster({ spec: endpoint, status: { infrastructureReady: true } }))).toBe('Provisioned');
  });

  it('lead a Machine from Pending to Running', () => {
    const machine = (providerID: string | undefined, status: Machine['status']): Machine => ({
      ...meta,
      spec: {
        clusterName: 'x',
        bootstrap: {},
        infrastructureRef: reference,
        ...(providerID !== undefined && { providerID }),
      },
      ...(status && { status }),
    });
    expect(machinePhase(machine(undefined, {}))).toBe('Pending');
    expect(machinePhase(machine(undefined, { bootstrapReady: true }))).toBe('Provisioning');
    expect(machinePhase(machine('p://1', { bootstrapReady: true, infrastructureReady: true }))).toBe('Provisioned');
    const nodeRef = { apiVersion: 'v1', kind: 'Node', name: 'n' };
    expect(machinePhase(machine('p://1', { infrastructureReady: true, nodeRef }))).toBe('Running');
  });
});

describe('Conditions', () => {
  it('keep their transition time while nothing about them changes, Ready standing first', () => {
    const object = structuredClone(meta) as Machine;
    setConditions(object, 0, isFalse('B', 'Waiting', 'Info'), isTrue('Ready'));
    setConditions(object, 60_000, isFalse('B', 'Waiting', 'Info'), isTrue('A'));
    expect(object.status?.conditions?.map((c) => [c.type, c.lastTransitionTime])).toEqual([
      ['Ready', '1970-01-01T00:00:00Z'],
      ['A', '1970-01-01T00:01:00Z'],
      ['B', '1970-01-01T00:00:00Z'],
    ]);
  });

  it('are summed up by the most severe that is false', () => {
    const object = structuredClone(meta) as Machine;
    setConditions(object, 0, isFalse('A', 'Slow', 'Info', 'a'), isFalse('B', 'Broken', 'Error', 'b'));
    expect(summary(object, ['A', 'B'])).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'Broken',
      message: 'b',
    });
    expect(summary(object, ['A', 'B'], true)).toMatchObject({ message: '0 of 2 completed' });
  });
});

describe('A merge patch', () => {
  it('turns one object into the other and is absent when they are equal', () => {
    expect(mergePatch({ a: 1, b: { c: [1] }, d: 1 }, { a: 1, b: { c: [2] } })).toEqual({ b: { c: [2] }, d: null });
    expect(mergePatch({ a: { b: [1] } }, { a: { b: [1] } })).toBeUndefined();
  });
});

describe('An owner', () => {
  it('that came back with another uid replaces its old reference', () => {
    const object = structuredClone(meta) as Machine;
    ensureOwner(object, { ...reference, uid: 'old', controller: true });
    ensureOwner(object, { ...reference, uid: 'new', controller: true });
    expect(object.metadata.ownerReferences).toEqual([{ ...reference, uid: 'new', controller: true }]);
  });
});

describe('A MachineDeployment', () => {
  const deployment = (replicas: number, maxSurge: number, maxUnavailable: number): MachineDeployment => ({
    ...meta,
    metadata: { name: 'global-md-0' },
    spec: {
      clusterName: 'global',
      replicas,
      selector: { matchLabels: {} },
      strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
      template: { spec: { clusterName: 'global', bootstrap: {}, infrastructureRef: reference } },
    },
  });
  const set = (name: string, replicas: number, available = replicas): MachineSet => ({
    ...meta,
    metadata: { name },
    spec: { clusterName: 'global', replicas, selector: {}, template: deployment(1, 0, 1).spec.template },
    status: { replicas, availableReplicas: available },
  });
  const named = (changes: [MachineSet, number][]): unknown => changes.map(([s, n]) => [s.metadata.name, n]);

  it('with an empty selector selects its own machines', () => {
    const d = deployment(1, 0, 1);
    applyDefaults(d);
    expect(d.spec.selector.matchLabels).toEqual({
      'cluster.x-k8s.io/cluster-name': 'global',
      'cluster.x-k8s.io/deployment-name': 'global-md-0',
    });
    expect(d.spec.template.metadata?.labels).toEqual(d.spec.selector.matchLabels);
  });

  it('without surge takes one machine away before it makes another', () => {
    expect(named(plan(deployment(2, 0, 1), set('new', 0), [set('old', 2)]))).toEqual([['old', 1]]);
    expect(named(plan(deployment(2, 0, 1), set('new', 0), [set('old', 1)]))).toEqual([['new', 1]]);
    expect(named(plan(deployment(2, 0, 1), set('new', 1, 0), [set('old', 1)]))).toEqual([]);
    expect(named(plan(deployment(2, 0, 1), set('new', 1), [set('old', 1)]))).toEqual([['old', 0]]);
  });

  it('with surge makes one before it takes one away', () => {
    expect(named(plan(deployment(2, 1, 0), set('new', 0), [set('old', 2)]))).toEqual([['new', 1]]);
    expect(named(plan(deployment(2, 1, 0), set('new', 1), [set('old', 2)]))).toEqual([['old', 1]]);
  });
});

describe('A feature gate', () => {
  it('is read from the arguments of the manager', () => {
    const gate = 'ClusterResourceSet';
    expect(featureGate(['--feature-gates=MachinePool=true,ClusterResourceSet=true'], gate)).toBe(true);
    expect(featureGate(['--feature-gates=ClusterResourceSet=false'], gate)).toBe(false);
    expect(featureGate([], gate)).toBe(false);
  });
});
