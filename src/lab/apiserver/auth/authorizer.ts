import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext, UserInfo } from '../api-context.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { parseLabelSelector, selectorText } from '../selector.ts';

/** What a user wants to do: with a resource, or at an address that is none. */
export type AccessAttributes =
  | {
      readonly type: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string | undefined;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    }
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A rule of a role and where it holds: everywhere, or in one namespace. */
export interface BoundRule {
  readonly rule: JsonObject;
  readonly namespace: string | undefined;
  readonly binding: string;
}

const RBAC = 'rbac.authorization.k8s.io';

/** Role-based access control over the roles and bindings in the store; `system:masters` may do everything. */
export class RbacAuthorizer {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  async authorize(user: UserInfo, attributes: AccessAttributes): Promise<AccessDecision> {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    const namespace = attributes.type === 'resource' ? attributes.namespace : undefined;
    for (const { rule, binding } of await this.rulesFor(user, namespace))
      if (covers(rule, attributes)) return { allowed: true, reason: `RBAC: allowed by ${binding}` };
    return { allowed: false, reason: '' };
  }

  /** All rules that hold for the user: cluster-wide ones, and those of `namespace`. */
  async rulesFor(user: UserInfo, namespace: string | undefined): Promise<BoundRule[]> {
    const found: BoundRule[] = [];
    for (const binding of await this.#objects('clusterrolebindings'))
      if (isSubject(user, binding, undefined))
        for (const rule of await this.#rulesOf(binding, undefined))
          found.push({ rule, namespace: undefined, binding: describeBinding('ClusterRoleBinding', binding) });
    if (namespace === undefined || namespace === '') return found;
    for (const binding of await this.#objects('rolebindings')) {
      if (binding.metadata.namespace !== namespace || !isSubject(user, binding, namespace)) continue;
      for (const rule of await this.#rulesOf(binding, namespace))
        found.push({ rule, namespace, binding: describeBinding('RoleBinding', binding) });
    }
    return found;
  }

  #definition(plural: string): ResourceDefinition | undefined {
    return this.#context.registry.get(RBAC, plural);
  }

  async #objects(plural: string): Promise<KubeObject[]> {
    const definition = this.#definition(plural);
    if (!definition) return [];
    const cache = await this.#context.caches.of(definition);
    return [...cache.objects()].map(({ object }) => object);
  }

  async #rulesOf(binding: KubeObject, namespace: string | undefined): Promise<JsonObject[]> {
    const name = textOf(fieldAt(binding, 'roleRef', 'name'));
    if (fieldAt(binding, 'roleRef', 'kind') === 'ClusterRole') return await this.#clusterRoleRules(name);
    const roles = await this.#objects('roles');
    return objectsIn(roles.find((r) => r.metadata.name === name && r.metadata.namespace === namespace)?.rules);
  }

  /** The rules of a ClusterRole, with those of all roles that it aggregates. */
  async #clusterRoleRules(name: string): Promise<JsonObject[]> {
    const roles = await this.#objects('clusterroles');
    const role = roles.find((r) => r.metadata.name === name);
    if (!role) return [];
    const selectors = objectsIn(fieldAt(role, 'aggregationRule', 'clusterRoleSelectors')).map(selectorText);
    const matches = (other: KubeObject): boolean =>
      selectors.some((s) => parseLabelSelector(s)?.(other.metadata.labels ?? {}) === true);
    return [role, ...roles.filter((r) => r !== role && matches(r))].flatMap((r) => objectsIn(r.rules));
  }
}

function describeBinding(kind: string, binding: KubeObject): string {
  const role = isObject(binding.roleRef) ? binding.roleRef : {};
  return `${kind} "${binding.metadata.name ?? ''}" of ${textOf(role.kind)} "${textOf(role.name)}"`;
}

function isSubject(user: UserInfo, binding: KubeObject, bindingNamespace: string | undefined): boolean {
  return objectsIn(binding.subjects).some((subject) => {
    const name = textOf(subject.name);
    if (subject.kind === 'Group') return user.groups.includes(name);
    if (subject.kind === 'User') return user.username === name;
    const namespace = textOf(subject.namespace) || (bindingNamespace ?? '');
    return user.username === `system:serviceaccount:${namespace}:${name}`;
  });
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function has(values: unknown, wanted: string): boolean {
  const all = list(values);
  return all.includes('*') || all.includes(wanted);
}

/** Whether one rule allows what is asked. */
export function covers(rule: JsonObject, asked: AccessAttributes): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  if (asked.type === 'path')
    return list(rule.nonResourceURLs).some(
      (p) => p === '*' || p === asked.path || (p.endsWith('*') && asked.path.startsWith(p.slice(0, -1))),
    );
  if (!has(rule.apiGroups, asked.group)) return false;
  const { resource, subresource } = asked;
  const full = subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`;
  const resources = list(rule.resources);
  const named =
    resources.includes('*') ||
    resources.includes(full) ||
    (full !== resource && resources.includes(`*/${subresource ?? ''}`));
  if (!named) return false;
  const names = list(rule.resourceNames);
  return names.length === 0 || names.includes(asked.name ?? '');
}
