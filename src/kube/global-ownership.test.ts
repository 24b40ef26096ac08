import { describe, expect, it } from 'vitest';
import { GlobalOwnership, isSelectable } from './global-ownership.ts';
import type { KubeObject } from './object.ts';

const CORE = 'cluster.x-k8s.io/v1beta1';
const INFRA = 'infrastructure.cluster.x-k8s.io/v1beta1';

function object(kind: string, name: string, owner?: { kind: string; name: string }, apiVersion = CORE): KubeObject {
  const ownerReferences = owner && [{ apiVersion: CORE, uid: '1', ...owner }];
  return { apiVersion, kind, metadata: { name, ...(ownerReferences && { ownerReferences }) } };
}

describe('what disaster recovery sees as owned by global', () => {
  it('follows owners, up to the Cluster and no further', () => {
    const cluster = object('Cluster', 'global');
    const deployment = object('MachineDeployment', 'global-md-0', { kind: 'Cluster', name: 'global' });
    const set = object('MachineSet', 'md-0-x', { kind: 'MachineDeployment', name: 'global-md-0' });
    const machine = object('Machine', 'md-0-x-1', { kind: 'MachineSet', name: 'md-0-x' });
    const stray = object('MachineDeployment', 'md-1', { kind: 'Cluster', name: 'global' });
    const ownership = new GlobalOwnership([cluster, deployment, set, machine, stray]);
    expect(ownership.seenAs(machine)).toEqual({ as: 'global', by: 'owner' });
    expect(ownership.seenAs(stray)).toEqual({ as: 'workload', by: 'no prefix' });
    ownership.delete(set);
    expect(ownership.seenAs(machine)).toEqual({ as: 'workload', by: 'no prefix' });
  });

  it('knows a cluster, of whatever provider, by its exact name alone', () => {
    const ownership = new GlobalOwnership();
    const seen = (kind: string, name: string): string =>
      ownership.seenAs(object(kind, name, undefined, kind === 'Cluster' ? CORE : INFRA)).as;
    expect(['Cluster', 'DCSCluster', 'BaremetalCluster'].map((kind) => seen(kind, 'global'))).toEqual(
      Array(3).fill('global'),
    );
    expect(seen('Cluster', 'global-two')).toBe('workload');
    expect(seen('DCSClusterTemplate', 'global')).toBe('workload');
    expect(seen('DCSMachineTemplate', 'global-cp')).toBe('global');
  });

  it('comes to an end with objects that own each other', () => {
    const a = object('MachineSet', 'a', { kind: 'MachineSet', name: 'b' });
    const b = object('MachineSet', 'b', { kind: 'MachineSet', name: 'a' });
    expect(new GlobalOwnership([a, b]).seenAs(a)).toEqual({ as: 'workload', by: 'no prefix' });
  });

  it('asks about kinds of Cluster API and its providers only', () => {
    expect(isSelectable({ apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1' })).toBe(true);
    expect(isSelectable({ apiVersion: 'notcluster.x-k8s.io/v1' })).toBe(false);
    expect(isSelectable({ apiVersion: 'v1' })).toBe(false);
  });
});
