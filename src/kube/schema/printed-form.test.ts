import { describe, expect, it } from 'vitest';
import { builtinSchema } from './builtin/builtin-schema.ts';
import { printedForm } from './printed-form.ts';
import { canonicalQuantity } from './quantity.ts';

function printed(apiVersion: string, kind: string, fields: object): unknown {
  const schema = builtinSchema(apiVersion, kind);
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  return printedForm(schema, { metadata: { name: 'x', creationTimestamp: '2024-01-01T00:00:00Z' }, ...fields });
}

describe('the printed form of built-in kinds', () => {
  it('has structs held by value, and leaves out what is empty', () => {
    expect(
      printed('apps/v1', 'Deployment', { spec: { paused: false, replicas: 0, selector: {}, template: {} } }),
    ).toEqual({
      metadata: { name: 'x', creationTimestamp: '2024-01-01T00:00:00Z' },
      spec: {
        replicas: 0,
        selector: {},
        strategy: {},
        template: { metadata: { creationTimestamp: null }, spec: { containers: null } },
      },
      status: {},
    });
  });

  it('takes null for absent, and an empty list for none', () => {
    expect(printed('v1', 'ConfigMap', { data: null, binaryData: {}, immutable: false })).not.toHaveProperty('data');
    expect(printed('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules: [] })).toMatchObject({ rules: null });
  });

  it('prints numbers that have no omitempty, even zero', () => {
    expect(printed('apps/v1', 'StatefulSet', { status: { currentReplicas: 0 } })).toMatchObject({
      status: { availableReplicas: 0, replicas: 0 },
    });
    expect(printed('apps/v1', 'StatefulSet', { status: { currentReplicas: 0 } })).not.toHaveProperty(
      'status.currentReplicas',
    );
  });

  it('prints times in UTC, those of leases with microseconds', () => {
    const spec = { renewTime: '2024-01-01T02:00:00.5+02:00' };
    expect(printed('coordination.k8s.io/v1', 'Lease', { spec })).toMatchObject({
      spec: { renewTime: '2024-01-01T00:00:00.500000Z' },
    });
  });
});

describe('the canonical spelling of a quantity', () => {
  it.each([
    ['1000m', '1'],
    ['1.5', '1500m'],
    ['0.1', '100m'],
    ['100000', '100k'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['512', '512'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['-500m', '-500m'],
    ['1500Mi', '1500Mi'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it('is none of a text that is no quantity', () => {
    expect(canonicalQuantity('lots')).toBeUndefined();
  });
});
