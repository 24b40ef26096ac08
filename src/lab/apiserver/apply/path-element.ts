/**
 * One step of a field path, in the serialized form of FieldsV1: `f:name` is a field, `k:{"name":"x"}` the item of a map list,
 * `v:"x"` the item of a set. (metav1.FieldsV1, structured-merge-diff.)
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** Key fields are sorted by name, so that one item has one spelling. */
export function keyElement(keys: readonly (readonly [string, unknown])[]): PathElement {
  return `k:${JSON.stringify(Object.fromEntries([...keys].sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

/** The field's name when the element is a field. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/** As messages print it: `.spec`, `[name="x"]`, `[="x"]`. */
export function printElement(element: PathElement): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (element.startsWith('v:')) return `[=${content}]`;
  if (element.startsWith('i:')) return `[${content}]`;
  const keys = JSON.parse(content) as Record<string, unknown>;
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

export function printPath(path: readonly PathElement[]): string {
  return path.map(printElement).join('');
}
