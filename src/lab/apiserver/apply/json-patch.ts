import { isJsonObject, jsonEqual } from '../../../kube/schema/index.ts';
import { cloneJson } from '../json.ts';
import { badRequest, statusError } from '../status-error.ts';

/** The API server refuses longer patches. */
const MAX_OPERATIONS = 10_000;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * RFC 6902. Answers the patched copy; throws the API server's 400 for a patch that is none, 422 for one that does not fit the
 * object (a failed `test`, a path that does not exist).
 */
export function applyJsonPatch<T>(object: T, patch: unknown): T {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${String(MAX_OPERATIONS)}, got ${String(patch.length)}`;
    throw statusError(413, 'RequestEntityTooLarge', text);
  }
  const root: { value: unknown } = { value: cloneJson(object) };
  for (const operation of patch as unknown[]) run(root, parseOperation(operation));
  return root.value as T;
}

function parseOperation(value: unknown): Operation {
  if (!isJsonObject(value) || typeof value['op'] !== 'string' || typeof value['path'] !== 'string') throw unfit();
  const { op, path, from } = value as { op: string; path: string; from?: unknown };
  if (['add', 'replace', 'test'].includes(op) && !Object.hasOwn(value, 'value')) throw unfit();
  if (['move', 'copy'].includes(op)) {
    if (typeof from !== 'string') throw unfit();
    return { op, path, from };
  }
  return { op, path, value: value['value'] };
}

/** What the real server says of any patch that cannot be carried out: no particulars. */
function unfit(): Error {
  return statusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

function run(root: { value: unknown }, { op, path, from = '', value }: Operation): void {
  const target = parsePointer(path);
  if (op === 'add') add(root, target, cloneJson(value));
  else if (op === 'remove') remove(root, target);
  else if (op === 'replace') replace(root, target, cloneJson(value));
  else if (op === 'move') add(root, target, moved(root, parsePointer(from), target));
  else if (op === 'copy') add(root, target, cloneJson(read(root.value, parsePointer(from))));
  else if (op !== 'test' || !jsonEqual(readOrNull(root.value, target), value)) throw unfit();
}

function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw unfit();
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function moved(root: { value: unknown }, source: readonly string[], target: readonly string[]): unknown {
  if (source.length < target.length && source.every((step, index) => step === target[index])) throw unfit();
  const value = read(root.value, source);
  remove(root, source);
  return value;
}

function read(value: unknown, path: readonly string[]): unknown {
  return path.reduce((holder, step) => {
    if (Array.isArray(holder)) return holder[existingIndex(holder, step)] as unknown;
    if (isJsonObject(holder) && Object.hasOwn(holder, step)) return holder[step];
    throw unfit();
  }, value);
}

/** `test` takes a missing field for null, as the server's library does. */
function readOrNull(value: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const holder = read(value, path.slice(0, -1));
  if (isJsonObject(holder) && !Object.hasOwn(holder, last)) return null;
  return read(holder, [last]);
}

function existingIndex(list: readonly unknown[], step: string): number {
  const index = /^(?:0|[1-9]\d*)$/.test(step) ? Number(step) : -1;
  if (index < 0 || index >= list.length) throw unfit();
  return index;
}

function place(root: { value: unknown }, path: readonly string[]): { holder: unknown; last: string } | undefined {
  const last = path.at(-1);
  return last === undefined ? undefined : { holder: read(root.value, path.slice(0, -1)), last };
}

function add(root: { value: unknown }, path: readonly string[], value: unknown): void {
  const at = place(root, path);
  if (at === undefined) root.value = value;
  else if (Array.isArray(at.holder)) {
    const index =
      at.last === '-' || at.last === String(at.holder.length) ? at.holder.length : existingIndex(at.holder, at.last);
    at.holder.splice(index, 0, value);
  } else if (isJsonObject(at.holder)) at.holder[at.last] = value;
  else throw unfit();
}

function remove(root: { value: unknown }, path: readonly string[]): void {
  const at = place(root, path);
  if (at === undefined) throw unfit();
  read(at.holder, [at.last]);
  if (Array.isArray(at.holder)) at.holder.splice(existingIndex(at.holder, at.last), 1);
  else if (isJsonObject(at.holder)) Reflect.deleteProperty(at.holder, at.last);
}

function replace(root: { value: unknown }, path: readonly string[], value: unknown): void {
  const at = place(root, path);
  if (at === undefined) {
    root.value = value;
    return;
  }
  read(at.holder, [at.last]);
  if (Array.isArray(at.holder)) at.holder[existingIndex(at.holder, at.last)] = value;
  else if (isJsonObject(at.holder)) at.holder[at.last] = value;
}
