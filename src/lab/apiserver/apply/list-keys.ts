import { isJsonObject, type StructuralSchema } from '../../../kube/schema/index.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { statusError } from '../status-error.ts';
import { printElement } from './path-element.ts';
import { fieldSchema, itemElement, MissingListKey, shapeOf } from './value-shape.ts';

/**
 * Refuses an applied configuration whose map lists leave out a key or repeat one: it cannot be merged. The API server answers
 * 500 with the typed converter's text, and so does this.
 */
export function checkListKeys(schema: StructuralSchema | undefined, applied: KubeObject): void {
  const problem = findProblem(schema, applied, '');
  if (problem === undefined) return;
  const { name = '', namespace = '' } = applied.metadata;
  const slash = applied.apiVersion.includes('/') ? applied.apiVersion : `/${applied.apiVersion}`;
  throw statusError(
    500,
    '',
    `failed to create typed patch object (${namespace}/${name}; ${slash}, Kind=${applied.kind}): ${problem}`,
  );
}

function findProblem(schema: StructuralSchema | undefined, value: unknown, path: string): string | undefined {
  const shape = shapeOf(schema, value);
  if (shape.kind === 'map' && isJsonObject(value)) {
    for (const [name, entry] of Object.entries(value)) {
      const problem = findProblem(fieldSchema(shape.schema, name), entry, `${path}.${name}`);
      if (problem !== undefined) return problem;
    }
  } else if (shape.kind === 'list' && Array.isArray(value)) {
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const element = itemElement(shape, item);
      if (element instanceof MissingListKey) {
        return `${path}: element ${String(index)}: associative list with keys has an element that omits key field ${JSON.stringify(element.key)} (and doesn't have default value)`;
      }
      if (seen.has(element)) return `${path}: duplicate entries for key ${printElement(element)}`;
      seen.add(element);
      const problem = findProblem(shape.items, item, `${path}${printElement(element)}`);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}
