import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectsIn, textOf } from '../json.ts';
import type { Column } from '../resource-definition.ts';
import { selectorText } from '../selector.ts';

/** How kubectl prints a length of time: the two largest units that matter (k8s.io/apimachinery, util/duration). */
export function printedDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${String(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${String(minutes)}m` : `${String(minutes)}m${String(seconds % 60)}s`;
  if (minutes < 180) return `${String(minutes)}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${String(hours)}h` : `${String(hours)}h${String(minutes % 60)}m`;
  if (hours < 48) return `${String(hours)}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 === 0 ? `${String(days)}d` : `${String(days)}d${String(hours % 24)}h`;
  if (days < 730) return `${String(days)}d`;
  const years = Math.floor(days / 365);
  if (days < 8 * 365) return days % 365 === 0 ? `${String(years)}y` : `${String(years)}y${String(days % 365)}d`;
  return `${String(years)}y`;
}

/** Time since an API timestamp. */
export function printedAge(timestamp: unknown, nowMs: number): string {
  if (typeof timestamp !== 'string' || timestamp === '') return '<unknown>';
  return printedDuration(nowMs - Date.parse(timestamp));
}

/** A column of text. Empty text prints as `<none>` where `none` is set. */
export function textColumn(
  name: string,
  value: (object: KubeObject) => string | undefined,
  options: { readonly priority?: number; readonly none?: string } = {},
): Column {
  return {
    name,
    type: 'string',
    ...(options.priority !== undefined && { priority: options.priority }),
    value: (object) => {
      const text = value(object) ?? '';
      return text === '' ? (options.none ?? '') : text;
    },
  };
}

export function numberColumn(name: string, value: (object: KubeObject) => unknown): Column {
  return {
    name,
    type: 'integer',
    value: (object) => {
      const found = value(object);
      return typeof found === 'number' ? found : 0;
    },
  };
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  value: (object) => object.metadata.name,
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  value: (object, nowMs) => printedAge(object.metadata.creationTimestamp, nowMs),
};

/** `a=b,c=d`, or `<none>`. */
export function labelsText(labels: unknown): string {
  if (!isObject(labels) || Object.keys(labels).length === 0) return '<none>';
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .sort()
    .join(',');
}

/** Names and images of a Pod template's containers, and its selector: the wide columns of workloads. */
export const templateColumns: readonly Column[] = [
  textColumn('Containers', (o) => containerList(o, 'name'), { priority: 1 }),
  textColumn('Images', (o) => containerList(o, 'image'), { priority: 1 }),
  textColumn('Selector', (o) => selectorText(fieldAt(o, 'spec', 'selector')), { priority: 1, none: '<none>' }),
];

function containerList(object: KubeObject, field: string): string {
  return objectsIn(fieldAt(object, 'spec', 'template', 'spec', 'containers'))
    .map((c) => textOf(c[field]))
    .join(',');
}

export function numberAt(object: KubeObject, ...path: string[]): number {
  const value = fieldAt(object, ...path);
  return typeof value === 'number' ? value : 0;
}

export function textAt(object: KubeObject, ...path: string[]): string {
  return textOf(fieldAt(object, ...path));
}

/** Of kinds that print nothing of their own but when they came. */
export const createdColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', value: (o) => o.metadata.creationTimestamp },
];
