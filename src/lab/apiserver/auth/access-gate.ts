import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../api-context.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { forbidden, statusError } from '../status-error.ts';
import type { AccessAttributes, RbacAuthorizer } from './authorizer.ts';

/** Lets requests pass or refuses them, in the words of kube-apiserver; and lets users act as others where they may. */
export class AccessGate {
  readonly #authorizer: RbacAuthorizer;

  constructor(authorizer: RbacAuthorizer) {
    this.#authorizer = authorizer;
  }

  /** The user that the request is to be carried out as (`kubectl --as`). Throws Forbidden. */
  async impersonate(user: UserInfo, request: IncomingMessage): Promise<UserInfo> {
    const name = headerTexts(request, 'impersonate-user')[0];
    if (name === undefined) return user;
    const groups = headerTexts(request, 'impersonate-group');
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
    const attributes = account
      ? { resource: 'serviceaccounts', namespace: account[1], name: account[2] ?? '' }
      : { resource: 'users', namespace: undefined, name };
    await this.#check(user, { type: 'resource', verb: 'impersonate', group: '', ...attributes });
    for (const group of groups)
      await this.#check(user, { type: 'resource', verb: 'impersonate', group: '', resource: 'groups', name: group });
    const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1] ?? ''}`] : [];
    const everyone = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
    return { username: name, groups: [...new Set([...groups, ...(groups.length === 0 ? implied : []), everyone])] };
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

function headerTexts(request: IncomingMessage, name: string): string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === name) found.push(request.rawHeaders[i + 1] ?? '');
  return found;
}
