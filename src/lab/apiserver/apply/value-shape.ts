import { isJsonObject, mapValueSchema, ownEntry, type StructuralSchema } from '../../../kube/schema/index.ts';
import { fieldElement, keyElement, valueElement, type PathElement } from './path-element.ts';

/** How server-side apply treats a value: which parts of it have owners of their own. */
export type ValueShape =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'map'; readonly schema: StructuralSchema | undefined }
  | {
      readonly kind: 'list';
      readonly items: StructuralSchema | undefined;
      readonly keys: readonly string[] | undefined;
    };

const LEAF: ValueShape = { kind: 'leaf' };

/**
 * Scalars, atomic lists and atomic maps are leaves: one owner for the whole. Objects are maps of fields, map lists and sets
 * are lists of items. Lists are atomic unless the schema says otherwise; what no schema describes is shaped by its value.
 */
export function shapeOf(schema: StructuralSchema | undefined, value: unknown): ValueShape {
  if (isJsonObject(value)) return schema?.['x-kubernetes-map-type'] === 'atomic' ? LEAF : { kind: 'map', schema };
  if (!Array.isArray(value)) return LEAF;
  const type = schema?.['x-kubernetes-list-type'];
  if (type === 'map') {
    return { kind: 'list', items: schema?.items, keys: schema?.['x-kubernetes-list-map-keys'] ?? [] };
  }
  return type === 'set' ? { kind: 'list', items: schema?.items, keys: undefined } : LEAF;
}

/** True when the schema declares the field by name, as against an entry of a free map. */
export function isDeclaredField(schema: StructuralSchema | undefined, name: string): boolean {
  return ownEntry(schema?.properties, name) !== undefined;
}

export function fieldSchema(schema: StructuralSchema | undefined, name: string): StructuralSchema | undefined {
  if (schema === undefined) return undefined;
  return ownEntry(schema.properties, name) ?? mapValueSchema(schema);
}

/** A list item without one of its keys: it cannot be told from the others. */
export class MissingListKey {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
}

/** The path element of a list item: its keys (with the schema's defaults for keys left out) or, in a set, its value. */
export function itemElement(
  shape: { readonly items: StructuralSchema | undefined; readonly keys: readonly string[] | undefined },
  item: unknown,
): PathElement | MissingListKey {
  if (shape.keys === undefined) return valueElement(item);
  const pairs: [string, unknown][] = [];
  for (const key of shape.keys) {
    const value = isJsonObject(item) ? item[key] : undefined;
    const present = value ?? ownEntry(shape.items?.properties, key)?.default;
    if (present === undefined) return new MissingListKey(key);
    pairs.push([key, present]);
  }
  return keyElement(pairs);
}

/** An item without its keys gets a place of its own, which no path names. */
export function itemElementOrIndex(
  shape: { readonly items: StructuralSchema | undefined; readonly keys: readonly string[] | undefined },
  item: unknown,
  index: number,
): PathElement {
  const element = itemElement(shape, item);
  return element instanceof MissingListKey ? `i:${String(index)}` : element;
}

export { fieldElement };
