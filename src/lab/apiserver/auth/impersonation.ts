import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../user-info.ts';
import { statusError } from '../status-error.ts';
import type { AccessAttributes } from './authorizer.ts';

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';
const EXTRA = 'impersonate-extra-';

type ResourceAccess = Extract<AccessAttributes, { type: 'resource' }>;

/** Whom a request wants to be carried out as, and what its sender must be allowed to for that. */
export interface Impersonation {
  readonly user: UserInfo;
  readonly needed: readonly ResourceAccess[];
}

/**
 * Reads the headers `Impersonate-User`, `-Group`, `-Uid` and `-Extra-KEY`; undefined when there are none. Throws an internal error, as
 * kube-apiserver does, when they name groups but no user.
 */
export function impersonationOf(request: IncomingMessage): Impersonation | undefined {
  const [name = ''] = headerTexts(request, 'impersonate-user');
  const groups = headerTexts(request, 'impersonate-group');
  const [uid = ''] = headerTexts(request, 'impersonate-uid');
  const extra = extraOf(request);
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return undefined;
    throw statusError(500, 'InternalError', 'Internal error occurred: requested impersonation without a user');
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const needed = [
    account
      ? impersonate('', 'serviceaccounts', { namespace: account[1], name: account[2] })
      : impersonate('', 'users', { name }),
    ...groups.map((group) => impersonate('', 'groups', { name: group })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => impersonate('authentication.k8s.io', 'userextras', { subresource: key, name: value })),
    ),
    ...(uid === '' ? [] : [impersonate('authentication.k8s.io', 'uids', { name: uid })]),
  ];
  const implied = account ? ['system:serviceaccounts', `system:serviceaccounts:${account[1] ?? ''}`] : [];
  const user = {
    username: name,
    groups: withEveryone(name, groups.length === 0 ? implied : groups),
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
  return { user, needed };
}

function impersonate(
  group: string,
  resource: string,
  rest: Pick<ResourceAccess, 'namespace' | 'name' | 'subresource'>,
): ResourceAccess {
  return { type: 'resource', verb: 'impersonate', group, resource, ...rest };
}

/** Everybody is authenticated or not; who says which himself is believed. */
function withEveryone(name: string, groups: readonly string[]): string[] {
  if (groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)) return [...groups];
  return [...groups, name === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED];
}

function extraOf(request: IncomingMessage): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(request.headers)) {
    if (!header.startsWith(EXTRA)) continue;
    const key = unescaped(header.slice(EXTRA.length));
    extra[key] = [...(extra[key] ?? []), ...headerTexts(request, header)];
  }
  return extra;
}

/** Keys with characters that headers cannot have come percent-encoded. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function headerTexts(request: IncomingMessage, name: string): string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === name) found.push(request.rawHeaders[i + 1] ?? '');
  return found;
}
