import { formatKubeconfig, HttpKubeClient } from '../../kube/index.ts';
import type { Pod } from '../core-types.ts';
import type { PodAccess } from '../kubelet/index.ts';
import type { CertificateAuthority } from '../pki/index.ts';

export interface PodAccessOptions {
  readonly clusterName: string;
  readonly authority: CertificateAuthority;
  readonly caPem: string;
  /** Where Pods reach the API server: straight to loopback, as the service network would. */
  readonly loopbackUrl: string;
}

/**
 * Credentials of Pods: a client of the API server as `system:serviceaccount:<namespace>:<name>`, one for each ServiceAccount.
 */
export class PodAccesses {
  readonly #options: PodAccessOptions;
  readonly #byAccount = new Map<string, Promise<PodAccess>>();

  constructor(options: PodAccessOptions) {
    this.#options = options;
  }

  for(pod: Pod): Promise<PodAccess> {
    const { namespace = '' } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? 'default';
    const key = `${namespace}/${account}`;
    let access = this.#byAccount.get(key);
    if (!access) {
      access = this.#make(namespace, account);
      this.#byAccount.set(key, access);
    }
    return access;
  }

  async close(): Promise<void> {
    const made = await Promise.allSettled(this.#byAccount.values());
    this.#byAccount.clear();
    for (const access of made) if (access.status === 'fulfilled') await access.value.client.close();
  }

  async #make(namespace: string, account: string): Promise<PodAccess> {
    const { authority, caPem, clusterName, loopbackUrl } = this.#options;
    const certificate = await authority.issue({
      commonName: `system:serviceaccount:${namespace}:${account}`,
      organizations: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
      usages: ['client'],
    });
    const access = {
      server: loopbackUrl,
      caPem,
      insecureSkipTlsVerify: false,
      clientCertificatePem: certificate.certificatePem,
      clientKeyPem: certificate.keyPem,
    };
    return {
      client: new HttpKubeClient(access, { fieldManager: account === 'default' ? 'pod' : account }),
      kubeconfig: formatKubeconfig(clusterName, access),
    };
  }
}
