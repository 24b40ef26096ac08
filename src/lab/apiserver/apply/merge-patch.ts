import { isJsonObject } from '../../../kube/schema/index.ts';
import { badRequest } from '../status-error.ts';

/** RFC 7386: objects are merged, `null` removes, everything else replaces. Answers a new object; throws 400 when the patch is no object. */
export function applyMergePatch<T>(object: T, patch: unknown): T {
  if (!isJsonObject(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  return merge(object, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key);
    else result[key] = merge(Object.hasOwn(result, key) ? result[key] : undefined, value);
  }
  return result;
}
