import { isJsonObject, jsonEqual, type StructuralSchema } from '../../../kube/schema/index.ts';
import { FieldSet } from './field-set.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { isHollow } from './remove-fields.ts';
import { fieldSchema, itemElementOrIndex, shapeOf, type ValueShape } from './value-shape.ts';

/** What changed between two states of an object, as field paths. A path is in one of the three at most. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compareObjects(schema: StructuralSchema | undefined, before: unknown, after: unknown): Comparison {
  const result = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compareValues(schema, before, after, [], result);
  return result;
}

type Path = readonly PathElement[];

function compareValues(
  schema: StructuralSchema | undefined,
  before: unknown,
  after: unknown,
  path: Path,
  result: Comparison,
): void {
  if (before === undefined && after === undefined) return;
  const shapeBefore = shapeOf(schema, before);
  const shapeAfter = shapeOf(schema, after);
  // A value that changes its shape, and an empty container, are compared as one.
  if (before !== undefined && after !== undefined) {
    if (shapeBefore.kind !== shapeAfter.kind || shapeAfter.kind === 'leaf' || (isHollow(before) && isHollow(after))) {
      if (!jsonEqual(before, after)) result.modified.insert(path);
      return;
    }
    compareContents(shapeAfter, before, after, path, result);
    return;
  }
  const change = before === undefined ? result.added : result.removed;
  change.insert(path);
  compareContents(before === undefined ? shapeAfter : shapeBefore, before, after, path, result);
}

function compareContents(shape: ValueShape, before: unknown, after: unknown, path: Path, result: Comparison): void {
  if (shape.kind === 'map') {
    const old = isJsonObject(before) ? before : undefined;
    const now = isJsonObject(after) ? after : undefined;
    for (const name of new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])) {
      const field = fieldSchema(shape.schema, name);
      compareValues(field, fieldOf(old, name, field), fieldOf(now, name, field), [...path, fieldElement(name)], result);
    }
  } else if (shape.kind === 'list') {
    const old = itemsByElement(shape, before);
    const now = itemsByElement(shape, after);
    for (const element of new Set([...old.keys(), ...now.keys()])) {
      compareItems(shape.items, old.get(element) ?? [], now.get(element) ?? [], [...path, element], result);
    }
  }
}

function compareItems(
  schema: StructuralSchema | undefined,
  old: readonly unknown[],
  now: readonly unknown[],
  path: Path,
  result: Comparison,
): void {
  if (old.length <= 1 && now.length <= 1) {
    compareValues(schema, old[0], now[0], path, result);
  } else if (old.length > 1 && now.length > 1) {
    // Repeated items have no owners of their own: they count as one value.
    if (!jsonEqual(old, now)) result.modified.insert(path);
  } else if (old.length > 1) {
    if (now.length > 0) compareValues(schema, undefined, now[0], path, result);
    else result.removed.insert(path);
  } else {
    if (old.length > 0) compareValues(schema, old[0], undefined, path, result);
    result.added.insert(path);
  }
}

function itemsByElement(shape: ValueShape & { kind: 'list' }, list: unknown): Map<PathElement, unknown[]> {
  const result = new Map<PathElement, unknown[]>();
  if (!Array.isArray(list)) return result;
  list.forEach((item: unknown, index) => {
    const element = itemElementOrIndex(shape, item, index);
    const items = result.get(element);
    if (items === undefined) result.set(element, [item]);
    else items.push(item);
  });
  return result;
}

/** A field of an object that may be absent itself. Structs held by value exist as soon as their parent does. */
function fieldOf(
  object: Record<string, unknown> | undefined,
  name: string,
  schema: StructuralSchema | undefined,
): unknown {
  if (object === undefined) return undefined;
  if (Object.hasOwn(object, name)) return object[name];
  return schema?.isAlwaysPresent === true ? {} : undefined;
}
