/** A field of a site file as its steps: keys of mappings and indexes of lists, counted from 0. */
export type FieldPath = readonly (string | number)[];

/** `['controlPlane', 'nodes', 1, 'ip']` as `controlPlane.nodes[1].ip`. */
export function formatPath(path: FieldPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${String(step)}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

/** The inverse of `formatPath`; `[]` without an index stands for any element and is left out. */
export function parsePath(path: string): FieldPath {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? '') : Number(index),
  );
}

/** What stands at `path` inside `value`, or undefined. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    return (at as Record<string | number, unknown>)[step];
  }, value);
}
