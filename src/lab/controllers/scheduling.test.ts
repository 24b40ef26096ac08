import { expect, test } from 'vitest';
import type { Node } from '../core-types.ts';
import { placePod } from './scheduling.ts';

function node(
  name: string,
  fields: { taints?: Node['spec']['taints']; labels?: Record<string, string>; unschedulable?: boolean } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...fields.labels } },
    spec: {
      ...(fields.taints && { taints: fields.taints }),
      ...(fields.unschedulable !== undefined && { unschedulable: fields.unschedulable }),
    },
  };
}

const controlPlane = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;
const containers = [{ name: 'main', image: 'x' }];

test('a Pod goes to the fitting node with the fewest Pods, by name among equals', () => {
  const nodes = [node('c'), node('b'), node('a')];
  expect(placePod({ containers }, nodes, new Map())).toEqual({ node: 'a' });
  expect(
    placePod(
      { containers },
      nodes,
      new Map([
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ]),
    ),
  ).toEqual({ node: 'b' });
});

test('taints keep Pods off that do not tolerate them', () => {
  const nodes = [node('cp', { taints: [controlPlane] })];
  expect(placePod({ containers }, nodes, new Map())).toEqual({
    message:
      '0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  });
  const byKey = { containers, tolerations: [{ key: controlPlane.key, operator: 'Exists' as const }] };
  const byAll = { containers, tolerations: [{ operator: 'Exists' as const }] };
  const otherEffect = {
    containers,
    tolerations: [{ key: controlPlane.key, operator: 'Exists' as const, effect: 'NoExecute' }],
  };
  const otherValue = { containers, tolerations: [{ key: controlPlane.key, operator: 'Equal' as const, value: 'x' }] };
  expect(placePod(byKey, nodes, new Map())).toEqual({ node: 'cp' });
  expect(placePod(byAll, nodes, new Map())).toEqual({ node: 'cp' });
  expect(placePod(otherEffect, nodes, new Map())).toHaveProperty('message');
  expect(placePod(otherValue, nodes, new Map())).toHaveProperty('message');
});

test('a taint that is only a preference keeps nobody off', () => {
  expect(
    placePod({ containers }, [node('a', { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] })], new Map()),
  ).toEqual({ node: 'a' });
});

test('node selectors and required affinity decide where a Pod may run', () => {
  const nodes = [node('a'), node('b', { labels: { disk: 'ssd' } })];
  expect(placePod({ containers, nodeSelector: { disk: 'ssd' } }, nodes, new Map([['b', 9]]))).toEqual({ node: 'b' });
  const affinity = (key: string, operator: string, values?: string[]) => ({
    containers,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key, operator, ...(values && { values }) }] }],
        },
      },
    },
  });
  expect(placePod(affinity('disk', 'Exists'), nodes, new Map())).toEqual({ node: 'b' });
  expect(placePod(affinity('disk', 'DoesNotExist'), nodes, new Map())).toEqual({ node: 'a' });
  expect(placePod(affinity('disk', 'In', ['hdd']), nodes, new Map())).toHaveProperty('message');
});

test('cordoned nodes take no new Pods, and no nodes at all is said so', () => {
  expect(placePod({ containers }, [node('a', { unschedulable: true })], new Map())).toHaveProperty(
    'message',
    expect.stringContaining('were unschedulable'),
  );
  expect(placePod({ containers }, [], new Map())).toEqual({ message: 'no nodes available to schedule pods' });
});
