import { describe, expect, it } from 'vitest';
import { fieldAt } from '../object.ts';
import { build, column, crd, customResourceValidator } from './index.ts';
import type { StructuralSchema } from './structural-schema.ts';

const { int32, list, mapList, object, oneOf, text } = build;

describe('crd', () => {
  const definition = crd({
    group: 'demo.example.com',
    kind: 'Widget',
    plural: 'widgets',
    shortNames: ['wd'],
    versions: [
      { name: 'v1alpha1', spec: object({}), isServed: false, isDeprecated: true },
      {
        name: 'v1',
        spec: object({
          'size!': int32({ minimum: 1 }),
          color: oneOf('red', 'blue'),
          parts: mapList(['name'], object({ 'name!': text() })),
        }),
        isSpecRequired: true,
        status: object({ replicas: int32(), notes: list(text()) }),
        scale: { specReplicas: '.spec.size', statusReplicas: '.status.replicas' },
        columns: [column('Size', 'integer', '.spec.size'), column('Color', 'string', '.spec.color', 1)],
      },
    ],
  });

  it('names the definition after its plural and group and stores the last version', () => {
    expect(definition.metadata.name).toBe('widgets.demo.example.com');
    expect(fieldAt(definition, 'spec')).toMatchObject({
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget', shortNames: ['wd'] },
      versions: [
        { name: 'v1alpha1', served: false, storage: false, deprecated: true },
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
          ],
        },
      ],
    });
  });

  it('makes schemas that check objects, required fields by the exclamation mark', async () => {
    const schema = fieldAt(definition, 'spec', 'versions', 1, 'schema', 'openAPIV3Schema') as StructuralSchema;
    const validator = await customResourceValidator(schema);
    const fields = (value: unknown): string[] => validator.validate(value).map((e) => e.field);
    expect(fields({ spec: { size: 1, color: 'red', parts: [{ name: 'a' }] }, status: {} })).toEqual([]);
    expect(fields({})).toEqual(['spec']);
    expect(fields({ spec: { color: 'green', parts: [{ name: 'a' }, { name: 'a' }] } })).toEqual([
      'spec.size',
      'spec.color',
      'spec.parts[1]',
    ]);
  });
});
