import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;

/** What the API server keeps about an object by itself. */
const SERVER_METADATA = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/**
 * The fields in which a live object differs from what the API server would make of it if the manifest were applied again.
 * Paths are for people: `spec.template.spec.containers[main].image`. Values are left out: they may be secret.
 */
export function differingFields(live: Fields, applied: Fields): string[] {
  return [...new Set([...Object.keys(live), ...Object.keys(applied)])]
    .filter((key) => key !== 'status' && key !== 'apiVersion' && key !== 'kind')
    .flatMap((key) => differences(live[key], applied[key], key))
    .filter((path) => !SERVER_METADATA.has(/^metadata\.([^.[]+)/.exec(path)?.[1] ?? ''));
}

function differences(live: unknown, applied: unknown, path: string): string[] {
  if (isDeepStrictEqual(live, applied) || (isVoid(live) && isVoid(applied))) return [];
  if (isFields(live) && isFields(applied))
    return [...new Set([...Object.keys(live), ...Object.keys(applied)])].flatMap((key) =>
      differences(live[key], applied[key], `${path}.${key}`),
    );
  if (Array.isArray(live) && Array.isArray(applied) && live.length === applied.length)
    return live.flatMap((item, i) => differences(item, applied[i], `${path}[${labelOf(item, i)}]`));
  return [path];
}

/** Absent, null, {} and [] say the same. */
function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function labelOf(item: unknown, index: number): string {
  const name = isFields(item) ? item['name'] : undefined;
  return typeof name === 'string' ? name : String(index);
}
