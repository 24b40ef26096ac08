import { listAt, textAt, type World } from './contract-case.ts';
import type { Json } from './api-connection.ts';

/** A namespaced kind with what the documentation of custom resources promises: versions, subresources, defaults, rules. */
export function widgetDefinition(group: string): Json {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['size'],
          'x-kubernetes-validations': [
            { rule: '!has(self.max) || self.size <= self.max', message: 'size must not exceed max' },
          ],
          properties: {
            size: { type: 'integer', minimum: 1 },
            max: { type: 'integer' },
            replicas: { type: 'integer', default: 3 },
            color: { type: 'string', enum: ['red', 'green'] },
            code: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
            fixed: {
              type: 'string',
              'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed cannot change' }],
            },
            port: { 'x-kubernetes-int-or-string': true },
            free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            parts: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['id'],
              items: {
                type: 'object',
                required: ['id'],
                properties: { id: { type: 'string' }, count: { type: 'integer', default: 1 } },
              },
            },
            whole: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'string' } },
            nested: { type: 'object', default: {}, properties: { mode: { type: 'string', default: 'auto' } } },
          },
        },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string' } } },
      },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wdg'], categories: ['contract'] },
      versions: ['v1', 'v1beta1'].map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
        },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        schema,
      })),
    },
  };
}

/** Creates a definition and waits until its kind is served. */
export async function establish(world: World, definition: Json): Promise<Json> {
  const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const created = await world.given(collection, definition);
  const name = textAt(created, 'metadata', 'name');
  const deadline = Date.now() + 30_000;
  for (;;) {
    const crd = await world.get(`${collection}/${name}`);
    const served = JSON.stringify(crd['status'] ?? {}).includes('"Established"');
    const version = textAt(listAt(crd, 'spec', 'versions')[0], 'name');
    const path = `/apis/${textAt(crd, 'spec', 'group')}/${version}/${textAt(crd, 'spec', 'names', 'plural')}`;
    if (served && (await world.api.call('GET', path)).code === 200) return crd;
    if (Date.now() > deadline) throw new Error(`${name} is not served: ${JSON.stringify(crd['status'])}`);
  }
}
