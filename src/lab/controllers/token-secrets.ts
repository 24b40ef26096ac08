import { fieldAt, resources, storeKey, type KubeObject } from '../../kube/index.ts';
import type { Reconciler } from './reconciler.ts';
import { refOf } from './reconciler.ts';

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/**
 * Fills Secrets of type kubernetes.io/service-account-token, as the token controller of kube-controller-manager does, and
 * deletes those whose account is gone. `tokenFor` signs a token without an end.
 */
export function tokenSecretsReconciler(options: {
  readonly caPem: string;
  readonly tokenFor: (account: { namespace: string; name: string; uid: string }, secretName: string) => string;
}): Reconciler {
  const accountOf = (secret: KubeObject): string =>
    `${secret.metadata.namespace ?? ''}/${secret.metadata.annotations?.[ACCOUNT] ?? ''}`;
  /** Secrets that wait for their account, or would go with it: by `namespace/name` of the account. */
  const byAccount = new Map<string, Set<string>>();
  return {
    resource: resources.secrets,
    watches: [
      {
        resource: resources.serviceAccounts,
        mapToKeys: (account) => [...(byAccount.get(storeKey(account)) ?? [])],
      },
    ],
    reconcile: async ({ client }, key, stores) => {
      const secret = stores.get(resources.secrets, key);
      if (secret?.['type'] !== TYPE) return;
      const waiting = byAccount.get(accountOf(secret)) ?? new Set();
      byAccount.set(accountOf(secret), waiting.add(key));
      const { namespace = '', name = '', annotations } = secret.metadata;
      const account = stores.get(resources.serviceAccounts, accountOf(secret));
      const uid = account?.metadata.uid;
      // The account of a filled Secret that is gone, or was made anew, takes the token with it.
      if (annotations?.[ACCOUNT_UID] !== undefined && annotations[ACCOUNT_UID] !== uid) {
        if (secret.metadata.deletionTimestamp === undefined) await client.delete(resources.secrets, refOf(secret));
        return;
      }
      if (uid === undefined || fieldAt(secret, 'data', 'token') !== undefined) return;
      const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
      const token = options.tokenFor({ namespace, name: account?.metadata.name ?? '', uid }, name);
      await client.patch(resources.secrets, refOf(secret), {
        type: 'merge',
        body: {
          metadata: { resourceVersion: secret.metadata.resourceVersion, annotations: { [ACCOUNT_UID]: uid } },
          data: { token: base64(token), 'ca.crt': base64(options.caPem), namespace: base64(namespace) },
        },
      });
    },
  };
}
