import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import { FieldSet } from './field-set.ts';
import { fieldElement, type PathElement } from './path-element.ts';
import { isEmptied } from './remove-fields.ts';
import { fieldSchema, isDeclaredField, itemElementOrIndex, shapeOf } from './value-shape.ts';

/** Every field that an applied configuration states: its manager's claim. */
export function fieldSetOf(schema: StructuralSchema | undefined, object: unknown): FieldSet {
  const set = new FieldSet();
  collect(schema, object, [], set);
  return set;
}

function collect(
  schema: StructuralSchema | undefined,
  value: unknown,
  path: readonly PathElement[],
  set: FieldSet,
): void {
  const shape = shapeOf(schema, value);
  if (shape.kind === 'leaf') {
    set.insert(path);
  } else if (shape.kind === 'map') {
    for (const [name, entry] of Object.entries(value as Record<string, unknown>)) {
      const below = [...path, fieldElement(name)];
      collect(fieldSchema(shape.schema, name), entry, below, set);
      const isEmpty = entry === null || isEmptied(entry) || (isJsonObject(entry) && Object.keys(entry).length === 0);
      // Entries of free maps exist by themselves; declared fields exist through what is below them.
      if (isEmpty || !isDeclaredField(shape.schema, name)) set.insert(below);
    }
  } else {
    const list = value as readonly unknown[];
    const elements = list.map((item, index) => itemElementOrIndex(shape, item, index));
    const repeated = new Set(elements.filter((element, index) => elements.indexOf(element) !== index));
    list.forEach((item, index) => {
      const element = elements[index];
      if (element === undefined) return;
      const below = [...path, element];
      if (!repeated.has(element)) collect(shape.items, item, below, set);
      set.insert(below);
    });
  }
}

/**
 * The set with every declared field that has longer paths added as a path of its own, so that two sets can be compared for
 * which structures they need.
 */
export function withNamedFields(set: FieldSet, schema: StructuralSchema | undefined): FieldSet {
  const result = new FieldSet();
  for (const member of set.members) result.members.add(member);
  for (const [element, child] of set.children) {
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    if (name !== undefined && isDeclaredField(schema, name)) result.members.add(element);
    const schemaBelow = name === undefined ? schema?.items : fieldSchema(schema, name);
    result.children.set(element, withNamedFields(child, schemaBelow));
  }
  return result;
}
