import { describe, expect, it } from 'vitest';
import { childSchema, unknownFields, validateSchema, type StructuralSchema } from '../index.ts';
import { builtinSchema } from './builtin-schema.ts';
import { builtinType } from './builtin-type-table.ts';
import { BUILTIN_KINDS, BUILTIN_TYPES } from './builtin-types.ts';

function at(schema: StructuralSchema | undefined, ...path: string[]): StructuralSchema | undefined {
  return path.reduce((here, key) => (key === '[]' ? here?.items : childSchema(here, key)), schema);
}

describe('builtinSchema', () => {
  it('knows the list semantics of a Pod template', () => {
    const deployment = builtinSchema('apps/v1', 'Deployment');
    const spec = at(deployment, 'spec', 'template', 'spec');
    expect(at(spec, 'containers')).toMatchObject({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(at(spec, 'containers', '[]', 'ports')).toMatchObject({
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      'x-kubernetes-patch-merge-key': 'containerPort',
    });
    expect(at(spec, 'containers', '[]', 'ports', '[]', 'protocol')?.default).toBe('TCP');
    expect(at(spec, 'containers', '[]', 'args')?.['x-kubernetes-list-type']).toBe('atomic');
    expect(at(spec, 'volumes')?.['x-kubernetes-patch-strategy']).toBe('merge,retainKeys');
    expect(at(deployment, 'spec', 'strategy')?.['x-kubernetes-patch-strategy']).toBe('retainKeys');
    expect(at(deployment, 'spec', 'selector')?.['x-kubernetes-map-type']).toBe('atomic');
    expect(at(builtinSchema('v1', 'Service'), 'spec', 'selector')?.['x-kubernetes-map-type']).toBe('atomic');
  });

  it('names unknown fields of a built-in object, and takes quantities and ports in both their forms', () => {
    const pod = builtinSchema('v1', 'Pod');
    expect(pod).toBeDefined();
    if (pod === undefined) return;
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', creationTimestamp: null, ownerReferences: [] },
      spec: {
        containers: [
          {
            name: 'c',
            imagee: 'x',
            resources: { limits: { cpu: 1, memory: '1Gi' } },
            livenessProbe: { httpGet: { port: 'http' } },
          },
        ],
      },
    };
    expect(unknownFields(pod, object)).toEqual(['spec.containers[0].imagee']);
    expect(validateSchema(pod, object)).toEqual([]);
    expect(validateSchema(pod, { spec: { containers: [{}] } }).map((e) => e.field)).toEqual([
      'spec.containers[0].name',
    ]);
  });

  it('answers undefined for kinds that are not built in', () => {
    expect(builtinSchema('cluster.x-k8s.io/v1beta1', 'Machine')).toBeUndefined();
  });

  it('has every type that its table names, in a notation that it can read', () => {
    const names = BUILTIN_TYPES.trim()
      .split('\n')
      .map((line) => (line.split(' ', 1)[0] ?? '').replace('^', ''));
    for (const name of names)
      for (const field of builtinType(name)?.fields ?? []) expect(field.name, name).not.toBe('');
    const referenced = [...BUILTIN_TYPES.matchAll(/@([\w.-]+)/g)].map((m) => m[1]);
    expect(referenced.filter((name) => name === undefined || !names.includes(name))).toEqual([]);
    for (const line of BUILTIN_KINDS.trim().split('\n')) {
      const [apiVersion = '', kind = ''] = line.split(' ');
      expect(builtinSchema(apiVersion, kind)?.properties, line).toHaveProperty('metadata');
    }
  });
});
