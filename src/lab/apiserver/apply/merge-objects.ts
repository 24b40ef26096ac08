import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import { fieldSchema, itemElementOrIndex, shapeOf } from './value-shape.ts';
import type { PathElement } from './path-element.ts';

/**
 * The live value with the applied configuration laid over it: maps field by field, map lists and sets item by item, everything
 * else replaced. Nothing is removed here; see removeFields.
 */
export function mergeValues(schema: StructuralSchema | undefined, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null) return applied;
  const shape = shapeOf(schema, applied);
  if (shape.kind === 'map' && isJsonObject(live) && isJsonObject(applied)) {
    const merged: Record<string, unknown> = { ...live };
    for (const [name, value] of Object.entries(applied)) {
      const present = Object.hasOwn(live, name) ? live[name] : undefined;
      merged[name] = mergeValues(fieldSchema(shape.schema, name), present, value);
    }
    return merged;
  }
  if (shape.kind === 'list' && Array.isArray(live) && Array.isArray(applied)) {
    return mergeLists(shape, live, applied);
  }
  return applied;
}

interface ListShape {
  readonly items: StructuralSchema | undefined;
  readonly keys: readonly string[] | undefined;
}

/**
 * Items that only the live list has keep their place among the shared ones, those of the applied list come in its order, and an
 * item that both have is merged.
 */
function mergeLists(shape: ListShape, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const liveElements = live.map((item, index) => itemElementOrIndex(shape, item, index));
  const appliedElements = applied.map((item, index) => itemElementOrIndex(shape, item, index));
  const inApplied = new Set(appliedElements);
  const taken = new Set<PathElement>();
  const shared = appliedElements.filter((element) => liveElements.includes(element));
  const result: unknown[] = [];
  const take = (index: number, element: PathElement): void => {
    const first = liveElements.indexOf(element);
    // Repeated live items cannot be told apart: the applied item replaces them.
    const counterpart = first >= 0 && first === liveElements.lastIndexOf(element) ? live[first] : undefined;
    result.push(mergeValues(shape.items, counterpart, applied[index]));
    taken.add(element);
    if (shared[0] === element) shared.shift();
  };
  let l = 0;
  let a = 0;
  while (l < live.length || a < applied.length) {
    const liveElement = liveElements[l];
    const appliedElement = appliedElements[a];
    if (liveElement !== undefined && !inApplied.has(liveElement)) {
      result.push(live[l++]);
    } else if (
      liveElement !== undefined &&
      liveElement !== appliedElement &&
      (taken.has(liveElement) || liveElement !== shared[0])
    ) {
      l++; // its turn came, or comes, with the applied order
    } else if (appliedElement !== undefined) {
      take(a++, appliedElement);
      if (liveElement === appliedElement) l++;
    } else {
      l++;
    }
  }
  return result;
}
