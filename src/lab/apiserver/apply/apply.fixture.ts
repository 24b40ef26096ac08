import { customResourceSchema, type StructuralSchema } from '../../../kube/schema/index.ts';
import type { KubeObject } from '../../../kube/index.ts';

/** A kind with every list and map semantics that ownership knows, for the tests of this folder. */
export const thingSchema: StructuralSchema = customResourceSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        replicas: { type: 'integer' },
        image: { type: 'string' },
        selector: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        config: { type: 'object', additionalProperties: { type: 'string' } },
        nested: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
        args: { type: 'array', items: { type: 'string' } },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        containers: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              image: { type: 'string' },
              ports: {
                type: 'array',
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['port', 'protocol'],
                items: {
                  type: 'object',
                  properties: {
                    port: { type: 'integer' },
                    protocol: { type: 'string', default: 'TCP' },
                    name: { type: 'string' },
                  },
                },
              },
            },
          },
        },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'boolean' } } },
  },
});

export function thing(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'test/v1', kind: 'Thing', metadata: { name: 'a', namespace: 'ns', ...metadata }, spec };
}
