import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import type { UserInfo } from '../user-info.ts';
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
  readonly #context: Pick<ApiContext, 'registry' | 'caches'>;

  constructor(context: Pick<ApiContext, 'registry' | 'caches'>) {
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
    for (const binding of await this.#objects('clusterrolebindings')) {
      const subject = subjectOf(user, binding);
      if (!subject) continue;
      for (const rule of await this.#rulesOf(binding, undefined))
        found.push({ rule, namespace: undefined, binding: describe('ClusterRoleBinding', binding, subject) });
    }
    if (namespace === undefined || namespace === '') return found;
    for (const binding of await this.#objects('rolebindings')) {
      const subject = binding.metadata.namespace === namespace ? subjectOf(user, binding) : undefined;
      if (!subject) continue;
      for (const rule of await this.#rulesOf(binding, namespace))
        found.push({ rule, namespace, binding: describe('RoleBinding', binding, subject) });
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

  async #rulesOf(binding: KubeObject, namespace: string | undefined): Promise<readonly JsonObject[]> {
    const name = textOf(fieldAt(binding, 'roleRef', 'name'));
    const plural = fieldAt(binding, 'roleRef', 'kind') === 'ClusterRole' ? 'clusterroles' : 'roles';
    return (await this.rulesOfRole(plural, name, namespace)) ?? [];
  }

  /** The rules of a role; undefined when there is none of that name. */
  async rulesOfRole(
    plural: 'roles' | 'clusterroles',
    name: string,
    namespace: string | undefined,
  ): Promise<readonly JsonObject[] | undefined> {
    if (plural === 'clusterroles') return await this.#clusterRoleRules(name);
    const roles = await this.#objects('roles');
    const role = roles.find((r) => r.metadata.name === name && r.metadata.namespace === namespace);
    return role && objectsIn(role.rules);
  }

  /** The rules of a ClusterRole, with those of all roles that it gathers, and that these gather. */
  async #clusterRoleRules(name: string): Promise<readonly JsonObject[] | undefined> {
    const roles = await this.#objects('clusterroles');
    const role = roles.find((r) => r.metadata.name === name);
    if (!role) return undefined;
    // A set that grows while it is gone through: roles may gather each other.
    const gathered = new Set([role]);
    for (const gatherer of gathered) {
      const selectors = objectsIn(fieldAt(gatherer, 'aggregationRule', 'clusterRoleSelectors')).map(selectorText);
      for (const selector of selectors) {
        const matches = parseLabelSelector(selector);
        for (const other of roles) if (matches?.(other.metadata.labels ?? {}) === true) gathered.add(other);
      }
    }
    return [...gathered].flatMap((r) => objectsIn(r.rules));
  }
}

function describe(kind: string, binding: KubeObject, subject: JsonObject): string {
  const { name = '', namespace } = binding.metadata;
  const role = isObject(binding.roleRef) ? binding.roleRef : {};
  const place = namespace === undefined ? name : `${name}/${namespace}`;
  const account = subject.kind === 'ServiceAccount' ? `/${textOf(subject.namespace)}` : '';
  return `${kind} ${JSON.stringify(place)} of ${textOf(role.kind)} ${JSON.stringify(textOf(role.name))} to ${textOf(subject.kind)} ${JSON.stringify(textOf(subject.name) + account)}`;
}

/** The subject of a binding that stands for the user. */
function subjectOf(user: UserInfo, binding: KubeObject): JsonObject | undefined {
  return objectsIn(binding.subjects).find((subject) => {
    const name = textOf(subject.name);
    if (subject.kind === 'Group') return user.groups.includes(name);
    if (subject.kind === 'User') return user.username === name;
    const namespace = textOf(subject.namespace) || (binding.metadata.namespace ?? '');
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
