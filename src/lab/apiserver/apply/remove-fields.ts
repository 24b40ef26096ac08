import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import type { FieldSet } from './field-set.ts';
import { fieldElement } from './path-element.ts';
import { fieldSchema, itemElementOrIndex, shapeOf } from './value-shape.ts';

/**
 * What is left of a map or list that lost its last entry: it counts as present, though empty, until the owners of its entries have
 * been compared, and is dropped then. (The real server has a typed null in its place.)
 */
const EMPTIED_MAP: Readonly<Record<string, never>> = Object.freeze({});
const EMPTIED_LIST: readonly never[] = Object.freeze([]);

export function isEmptied(value: unknown): boolean {
  return value === EMPTIED_MAP || value === EMPTIED_LIST;
}

/** The value without the paths of the set; containers that this empties are marked (isEmptied). */
export function removeFields(schema: StructuralSchema | undefined, value: unknown, remove: FieldSet): unknown {
  const shape = shapeOf(schema, value);
  if (shape.kind === 'leaf' || isHollow(value)) {
    // A path below an atomic value means the value as a whole.
    return Array.isArray(value) ? EMPTIED_LIST : isJsonObject(value) ? EMPTIED_MAP : value;
  }
  if (shape.kind === 'map') {
    const kept: [string, unknown][] = [];
    for (const [name, entry] of Object.entries(value as Record<string, unknown>)) {
      const element = fieldElement(name);
      if (remove.members.has(element)) continue;
      const below = remove.children.get(element);
      kept.push([name, below === undefined ? entry : removeFields(fieldSchema(shape.schema, name), entry, below)]);
    }
    return kept.length === 0 ? EMPTIED_MAP : Object.fromEntries(kept);
  }
  const kept = (value as readonly unknown[]).flatMap((item, index) => {
    const element = itemElementOrIndex(shape, item, index);
    if (remove.members.has(element)) return [];
    const below = remove.children.get(element);
    const rest = below === undefined ? item : removeFields(shape.items, item, below);
    return isEmptied(rest) ? [] : [rest];
  });
  return kept.length === 0 ? EMPTIED_LIST : kept;
}

/** The value without the containers that removeFields emptied. */
export function dropEmptied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropEmptied);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, entry]) => !isEmptied(entry));
  return Object.fromEntries(kept.map(([name, entry]) => [name, dropEmptied(entry)]));
}

export function isHollow(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}
