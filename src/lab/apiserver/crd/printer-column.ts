import type { KubeObject } from '../../../kube/index.ts';
import { textOf } from '../json.ts';
import type { Column } from '../resource-definition.ts';
import { evaluateJsonPath } from './json-path.ts';

/** A column of `additionalPrinterColumns`. */
export function printerColumn(column: Record<string, unknown>): Column {
  const type = textOf(column.type) as Column['type'];
  const path = textOf(column.jsonPath);
  return {
    name: textOf(column.name),
    type,
    ...(column.format !== undefined && { format: textOf(column.format) }),
    description: textOf(column.description) || `Custom resource definition column (in JSONPath format): ${path}`,
    ...(typeof column.priority === 'number' && { priority: column.priority }),
    value: (object) => cellOf(object, path, type),
  };
}

function cellOf(object: KubeObject, path: string, type: Column['type']): ReturnType<Column['value']> {
  const found = evaluateJsonPath(object, path);
  if (found.length === 0) return null;
  if (type === 'string') return found.map((v) => (typeof v === 'string' ? v : JSON.stringify(v))).join(',');
  const [first] = found;
  if (type === 'integer' || type === 'number') return typeof first === 'number' ? first : null;
  if (type === 'boolean') return typeof first === 'boolean' ? first : null;
  return typeof first === 'string' ? first : null;
}
