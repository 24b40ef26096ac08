import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { GrantCheck } from '../api-context.ts';
import type { UserInfo } from '../user-info.ts';
import { equalJson, objectsIn, textOf, type JsonObject } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { forbidden, notFound } from '../status-error.ts';
import { covers, type AccessAttributes, type RbacAuthorizer } from './authorizer.ts';
import { compactPermissions, permissionsOf } from './permissions.ts';

const GROUP = 'rbac.authorization.k8s.io';
const EVERYTHING: readonly JsonObject[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/**
 * Nobody grants by a role or a binding what he does not hold himself, unless the verbs `escalate` or `bind` allow him to: the check
 * of kube-apiserver's RBAC storage.
 */
export class GrantGuard implements GrantCheck {
  readonly #authorizer: RbacAuthorizer;

  constructor(authorizer: RbacAuthorizer) {
    this.#authorizer = authorizer;
  }

  async check(
    user: UserInfo,
    definition: ResourceDefinition,
    object: KubeObject,
    old: KubeObject | undefined,
  ): Promise<void> {
    if (definition.group !== GROUP || user.groups.includes('system:masters')) return;
    if (definition.plural === 'roles' || definition.plural === 'clusterroles')
      await this.#checkRole(user, definition, object, old);
    else await this.#checkBinding(user, definition, object, old);
  }

  async #checkRole(
    user: UserInfo,
    definition: ResourceDefinition,
    role: KubeObject,
    old: KubeObject | undefined,
  ): Promise<void> {
    if (old && onlyLetsGo(role, old)) return;
    const { name = '', namespace } = role.metadata;
    if (await this.#may(user, 'escalate', definition.plural, namespace, name)) return;
    // Who lets a role gather the rules of others cannot know which these will be.
    const rules = role.aggregationRule === undefined ? objectsIn(role.rules) : EVERYTHING;
    await this.#confirmHeld(user, definition, role, rules);
  }

  async #checkBinding(
    user: UserInfo,
    definition: ResourceDefinition,
    binding: KubeObject,
    old: KubeObject | undefined,
  ): Promise<void> {
    if (old && onlyLetsGo(binding, old)) return;
    const { namespace } = binding.metadata;
    const role = textOf(fieldAt(binding, 'roleRef', 'name'));
    const plural = fieldAt(binding, 'roleRef', 'kind') === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (await this.#may(user, 'bind', plural, namespace, role)) return;
    const rules = await this.#authorizer.rulesOfRole(plural, role, namespace);
    if (!rules) throw notFound(definition, role);
    await this.#confirmHeld(user, definition, binding, rules);
  }

  async #may(
    user: UserInfo,
    verb: string,
    resource: string,
    namespace: string | undefined,
    name: string,
  ): Promise<boolean> {
    const asked: AccessAttributes = { type: 'resource', verb, group: GROUP, resource, namespace, name };
    return (await this.#authorizer.authorize(user, asked)).allowed;
  }

  async #confirmHeld(
    user: UserInfo,
    definition: ResourceDefinition,
    object: KubeObject,
    rules: readonly JsonObject[],
  ): Promise<void> {
    const { name = '', namespace } = object.metadata;
    const held = (await this.#authorizer.rulesFor(user, namespace)).map(({ rule }) => rule);
    const missing = rules.flatMap(permissionsOf).filter((asked) => !held.some((rule) => covers(rule, asked)));
    if (missing.length === 0) return;
    const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
    throw forbidden(
      definition,
      name,
      `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${compactPermissions(missing).join('\n')}`,
    );
  }
}

/** Whether a change is one by which an object is let go: of its owners and finalizers, and of nothing else. */
function onlyLetsGo(object: KubeObject, old: KubeObject): boolean {
  const rest = (of: KubeObject): KubeObject => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...metadata } = of.metadata;
    return { ...of, metadata };
  };
  return equalJson(rest(object), rest(old));
}
