import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../user-info.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { forbidden, statusError } from '../status-error.ts';
import type { AccessAttributes, RbacAuthorizer } from './authorizer.ts';
import { impersonationOf } from './impersonation.ts';

/** Lets requests pass or refuses them, in the words of kube-apiserver; and lets users act as others where they may. */
export class AccessGate {
  readonly #authorizer: RbacAuthorizer;

  constructor(authorizer: RbacAuthorizer) {
    this.#authorizer = authorizer;
  }

  /** The user that the request is to be carried out as (`kubectl --as`). Throws Forbidden. */
  async impersonate(user: UserInfo, request: IncomingMessage): Promise<UserInfo> {
    const asked = impersonationOf(request);
    if (!asked) return user;
    for (const attributes of asked.needed) await this.#check(user, attributes);
    return asked.user;
  }

  /** Throws Forbidden when the user may not do this to the resource. */
  async checkResource(user: UserInfo, info: RequestInfo): Promise<void> {
    await this.#check(user, {
      type: 'resource',
      verb: info.verb,
      group: info.group,
      resource: info.plural,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name,
    });
  }

  /** Throws Forbidden when the user may not ask for this address. */
  async checkPath(user: UserInfo, method: string, path: string): Promise<void> {
    const verb = method === 'GET' || method === 'HEAD' ? 'get' : method.toLowerCase();
    const { allowed } = await this.#authorizer.authorize(user, { type: 'path', verb, path });
    if (allowed) return;
    throw statusError(
      403,
      'Forbidden',
      `forbidden: User ${JSON.stringify(user.username)} cannot ${verb} path ${JSON.stringify(path)}`,
      {},
    );
  }

  async #check(user: UserInfo, asked: Extract<AccessAttributes, { type: 'resource' }>): Promise<void> {
    const { allowed } = await this.#authorizer.authorize(user, asked);
    if (allowed) return;
    const { group, resource, subresource, namespace, name, verb } = asked;
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    const scope =
      namespace === undefined || namespace === ''
        ? 'at the cluster scope'
        : `in the namespace ${JSON.stringify(namespace)}`;
    throw forbidden(
      { group, plural: resource },
      name ?? '',
      `User ${JSON.stringify(user.username)} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}`,
    );
  }
}
