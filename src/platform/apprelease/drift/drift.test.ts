import { describe, expect, it } from 'vitest';
import { differingFields } from './difference.ts';
import { ignoredPointers } from './ignore-rules.ts';
import { keepLive } from './keep-live.ts';

describe('differingFields', () => {
  it('names fields by path, elements of lists by name, and no values', () => {
    const live = {
      spec: { containers: [{ name: 'a', image: 'x:1', args: ['1'] }], ports: [{ port: 1 }], replicas: 1 },
    };
    const applied = {
      spec: { containers: [{ name: 'a', image: 'x:2', args: ['1', '2'] }], ports: [{ port: 2 }], more: true },
    };
    expect(differingFields(live, applied)).toEqual([
      'spec.containers[a].image',
      'spec.containers[a].args',
      'spec.ports[0].port',
      'spec.replicas',
      'spec.more',
    ]);
  });

  it('passes over what the server keeps by itself, over the status, and over ways to write nothing', () => {
    const live = {
      metadata: { name: 'x', generation: 1, managedFields: [{ manager: 'a' }], uid: 'u', labels: {} },
      status: { ready: 1 },
      spec: { empty: {}, list: [], nothing: null },
    };
    const applied = { metadata: { name: 'x', generation: 2, managedFields: [], uid: 'u' }, spec: {} };
    expect(differingFields(live, applied)).toEqual([]);
    expect(differingFields(live, { ...applied, metadata: { name: 'x', labels: { a: 'b' } } })).toEqual([
      'metadata.labels.a',
    ]);
  });
});

describe('keepLive', () => {
  const kept = (wanted: Record<string, unknown>, live: Record<string, unknown>, pointer: string): unknown => {
    keepLive(wanted, live, pointer);
    return wanted;
  };

  it('takes over the live value instead of dropping the field', () => {
    expect(kept({ spec: { replicas: 1, x: 1 } }, { spec: { replicas: 5 } }, '/spec/replicas')).toEqual({
      spec: { replicas: 5, x: 1 },
    });
    expect(kept({ spec: {} }, { spec: { replicas: 5 } }, '/spec/replicas')).toEqual({ spec: { replicas: 5 } });
    expect(kept({ spec: { replicas: 1 } }, { spec: {} }, '/spec/replicas')).toEqual({ spec: {} });
  });

  it('finds elements by name, whatever their order, and keys with slashes', () => {
    const wanted = {
      webhooks: [
        { name: 'a', ca: '1' },
        { name: 'b', ca: '2' },
        { name: 'c', ca: '3' },
      ],
    };
    const live = {
      webhooks: [
        { name: 'b', ca: 'B' },
        { name: 'a', ca: 'A' },
      ],
    };
    expect(kept(wanted, live, '/webhooks/*/ca')).toEqual({
      webhooks: [{ name: 'a', ca: 'A' }, { name: 'b', ca: 'B' }, { name: 'c' }],
    });
    expect(kept({ a: { 'x/y': 1 } }, { a: { 'x/y': 2 } }, '/a/x~1y')).toEqual({ a: { 'x/y': 2 } });
    expect(kept({ list: [1, 2] }, { list: [3, 4] }, '/list/1')).toEqual({ list: [1, 4] });
  });

  it('ignores pointers to what is not there', () => {
    expect(kept({ a: 1 }, { a: 2 }, '/b/c/d')).toEqual({ a: 1 });
    expect(kept({ a: 1 }, { a: 2 }, '')).toEqual({ a: 1 });
  });
});

describe('ignoredPointers', () => {
  const object = (apiVersion: string, kind: string, more: object = {}): Parameters<typeof ignoredPointers>[0] => ({
    apiVersion,
    kind,
    metadata: { name: 'x' },
    ...more,
  });

  it('knows what others write by design', () => {
    const webhook = object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration');
    expect(ignoredPointers(webhook, undefined, [])).toEqual(['/webhooks/*/clientConfig/caBundle']);
    const aggregated = object('rbac.authorization.k8s.io/v1', 'ClusterRole', { aggregationRule: {} });
    expect(ignoredPointers(aggregated, undefined, [])).toEqual(['/rules']);
    expect(ignoredPointers(object('rbac.authorization.k8s.io/v1', 'ClusterRole'), undefined, [])).toEqual([]);
  });

  it('applies a rule only where every part of it fits', () => {
    const rule = { group: 'apps', kind: 'Deployment', name: 'x', namespace: 'n', jsonPointers: ['/spec/replicas'] };
    const deployment = object('apps/v1', 'Deployment');
    expect(ignoredPointers(deployment, 'n', [rule])).toEqual(['/spec/replicas']);
    expect(ignoredPointers(deployment, 'other', [rule])).toEqual([]);
    expect(ignoredPointers(object('apps/v1', 'StatefulSet'), 'n', [rule])).toEqual([]);
    expect(ignoredPointers(object('v1', 'Deployment'), 'n', [rule])).toEqual([]);
    expect(ignoredPointers(deployment, 'n', [{ ...rule, name: 'y' }])).toEqual([]);
    expect(ignoredPointers(deployment, 'n', [{ jsonPointers: ['/a'] }])).toEqual(['/a']);
  });
});
