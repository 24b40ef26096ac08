import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import { fieldSchema, itemElementOrIndex, shapeOf } from './value-shape.ts';

/** The value without the paths of the set. A map or list that loses its last entry this way goes too. */
export function removeFields(schema: StructuralSchema | undefined, value: unknown, remove: FieldSet): unknown {
  const shape = shapeOf(schema, value);
  if (shape.kind === 'leaf' || isEmptyContainer(value)) {
    // A path below an atomic value means the value as a whole.
    return isJsonObject(value) || Array.isArray(value) ? undefined : value;
  }
  if (shape.kind === 'map') {
    const kept: [string, unknown][] = [];
    for (const [name, entry] of Object.entries(value as Record<string, unknown>)) {
      const element = fieldElement(name);
      if (remove.members.has(element)) continue;
      const below = remove.children.get(element);
      const rest = below === undefined ? entry : removeFields(fieldSchema(shape.schema, name), entry, below);
      if (rest !== undefined) kept.push([name, rest]);
    }
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }
  const kept = (value as readonly unknown[]).flatMap((item, index) => {
    const element = itemElementOrIndex(shape, item, index);
    if (remove.members.has(element)) return [];
    const below = remove.children.get(element);
    const rest = below === undefined ? item : removeFields(shape.items, item, below);
    return rest === undefined ? [] : [rest];
  });
  return kept.length === 0 ? undefined : kept;
}

function isEmptyContainer(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}
