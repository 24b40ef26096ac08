import { textOf, type JsonObject } from '../json.ts';
import type { AccessAttributes } from './authorizer.ts';

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** What a rule of a role allows, one verb on one resource (or address) at a time. */
export function permissionsOf(rule: JsonObject): AccessAttributes[] {
  const verbs = texts(rule.verbs);
  const names = texts(rule.resourceNames);
  const ofResources = texts(rule.apiGroups).flatMap((group) =>
    texts(rule.resources).flatMap((full) =>
      (names.length === 0 ? [undefined] : names).flatMap((name) =>
        verbs.map((verb): AccessAttributes => {
          const slash = full.indexOf('/');
          const resource = slash < 0 ? full : full.slice(0, slash);
          const subresource = slash < 0 ? undefined : full.slice(slash + 1);
          return { type: 'resource', verb, group, resource, subresource, name };
        }),
      ),
    ),
  );
  const ofPaths = texts(rule.nonResourceURLs).flatMap((path) =>
    verbs.map((verb): AccessAttributes => ({ type: 'path', verb, path })),
  );
  return [...ofResources, ...ofPaths];
}

/** Permissions as kube-apiserver prints rules, those of one resource together, in the order of their text. */
export function compactPermissions(permissions: readonly AccessAttributes[]): string[] {
  const together = new Map<string, { fields: string; verbs: string[] }>();
  for (const permission of permissions) {
    const fields = fieldsBeforeVerbs(permission);
    // Rules about addresses stay as they are, one a verb.
    const key = permission.type === 'path' ? `${fields} ${permission.verb}` : fields;
    const entry = together.get(key) ?? { fields, verbs: [] };
    entry.verbs.push(permission.verb);
    together.set(key, entry);
  }
  return [...together.values()].map(({ fields, verbs }) => `{${fields}, Verbs:${list(verbs)}}`).sort();
}

function fieldsBeforeVerbs(permission: AccessAttributes): string {
  if (permission.type === 'path') return `NonResourceURLs:${list([permission.path])}`;
  const { group, resource, subresource, name } = permission;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const names = name === undefined ? '' : `, ResourceNames:${list([name])}`;
  return `APIGroups:${list([group])}, Resources:${list([full])}${names}`;
}

/** A list of texts as Go's `%q` prints it. */
function list(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}
