import type { StructuralSchema } from '../../kube/schema/index.ts';
import { isRecord } from '../../providers/index.ts';

/** One version of a CustomResourceDefinition. */
export interface CrdVersionSchema {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
  readonly served: boolean;
  readonly schema: StructuralSchema;
}

/** The versions of a CustomResourceDefinition, or of each one in a List; none of any other value. */
export function versionsOf(value: unknown): CrdVersionSchema[] {
  if (!isRecord(value)) return [];
  if (value['kind'] === 'List' && Array.isArray(value['items'])) return value['items'].flatMap(versionsOf);
  const { kind, spec } = value;
  if (kind !== 'CustomResourceDefinition' || !isRecord(spec) || !isRecord(spec['names'])) return [];
  const versions: readonly unknown[] = Array.isArray(spec['versions']) ? spec['versions'] : [];
  return versions.flatMap((version) => {
    const schema = isRecord(version) && isRecord(version['schema']) ? version['schema']['openAPIV3Schema'] : undefined;
    if (!isRecord(version) || !isRecord(schema)) return [];
    return [
      {
        group: String(spec['group']),
        kind: String((spec['names'] as Record<string, unknown>)['kind']),
        version: String(version['name']),
        served: version['served'] !== false,
        schema,
      },
    ];
  });
}
