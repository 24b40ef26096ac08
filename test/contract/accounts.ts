import { textAt, type World } from './contract-case.ts';

/** A new service account; answers its name and a token of it. */
export async function account(w: World): Promise<{ name: string; user: string; token: string }> {
  const name = w.name('account');
  await w.given(w.core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const answer = await w.given(w.core('serviceaccounts', name, 'token'), {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  return { name, user: `system:serviceaccount:${w.namespace}:${name}`, token: textAt(answer, 'status', 'token') };
}

/** Waits for the account `default` of the run's namespace, which comes from a controller: no Pod can be made before. */
export async function defaultAccount(w: World): Promise<void> {
  await w.api.watch(`${w.core('serviceaccounts')}?watch=true&fieldSelector=metadata.name%3Ddefault`, 1);
}

/** Collection of roles or bindings in the run's namespace. */
export const rbac = (w: World, plural: string): string =>
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${w.namespace}/${plural}`;

/** Lets the account do what the rules say in the run's namespace. */
export async function allow(w: World, name: string, rules: Record<string, unknown>[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await w.given(rbac(w, 'roles'), { apiVersion, kind: 'Role', metadata: { name }, rules });
  await w.given(rbac(w, 'rolebindings'), {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: w.namespace }],
  });
}

/** Asks until the authorizer, which learns of roles by a watch, has heard of them. */
export async function granted(w: World, path: string, token: string): Promise<number> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const { code } = await w.api.call('GET', path, undefined, { as: { token } });
    if (code !== 403 || Date.now() > deadline) return code;
  }
}
