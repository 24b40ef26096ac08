import { describe, expect, it } from 'vitest';
import { object, stalledInventory } from './inventory.fixture.ts';
import { buildStatusTree } from './status-tree.ts';
import { explainWait } from './wait-chain.ts';

const NOW = Date.parse('2026-01-01T00:02:00Z');

describe('why a wait goes on', () => {
  it('is told from the Cluster down to the machine that holds it up, with its last event', () => {
    const { lines, summary, deepest } = explainWait(stalledInventory(), NOW);
    expect(lines.map((l) => l.split(',')[0])).toEqual([
      'Cluster cpaas-system/global',
      'KubeadmControlPlane cpaas-system/global-kcp',
      'Machine cpaas-system/global-kcp-b',
      'DCSMachine cpaas-system/m-b',
      'last event: Warning WaitingForIP: no address yet',
    ]);
    expect(summary).toContain('VMReady=False (WaitingForIP) for 2m00s: no address yet');
    expect(deepest?.metadata.name).toBe('m-b');
  });

  it('names the cause before the condition that sums up', () => {
    expect(explainWait(stalledInventory(), NOW).lines[0]).toContain('ControlPlaneReady=False');
  });

  it('says that nothing exists when nothing exists', () => {
    const empty = { ...stalledInventory(), clusters: [] };
    expect(explainWait(empty, NOW).summary).toBe('no Cluster object yet');
  });

  it('ends at the control plane when it has no machine to look at', () => {
    const { deepest } = explainWait({ ...stalledInventory(), machines: [] }, NOW);
    expect(deepest?.kind).toBe('KubeadmControlPlane');
  });
});

describe('the status tree', () => {
  it('hangs machines under their control plane and infrastructure under machines', () => {
    const [cluster] = buildStatusTree(stalledInventory());
    expect(cluster?.children.map((c) => c.role)).toEqual(['Infrastructure', 'ControlPlane']);
    const machines = cluster?.children[1]?.children ?? [];
    expect(machines.map((m) => m.object.metadata.name)).toEqual(['global-kcp-a', 'global-kcp-b']);
    expect(machines[1]?.children[0]?.object.kind).toBe('DCSMachine');
  });

  it('leaves out machines of another cluster', () => {
    const other = object('Machine', 'other', {
      labels: { 'cluster.x-k8s.io/cluster-name': 'x', 'cluster.x-k8s.io/control-plane': '' },
    });
    const inventory = stalledInventory();
    const [cluster] = buildStatusTree({ ...inventory, machines: [...inventory.machines, other] });
    expect(cluster?.children[1]?.children).toHaveLength(2);
  });
});
