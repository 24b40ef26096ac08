import { CertificateAuthority, createSigningKey, type KeyPair } from '../pki/index.ts';

/** What one cluster's API server needs to prove who it is, to know its clients, and to sign service account tokens. */
export interface ClusterCertificates {
  readonly authority: CertificateAuthority;
  readonly server: KeyPair;
  /** PEM of the private key that signs service account tokens. */
  readonly serviceAccountKeyPem: string;
}

/**
 * Makes them for a server that is reached under these names and addresses; loopback and the in-cluster names are always
 * among them. An authority and a signing key that exist are taken instead of new ones.
 */
export async function createClusterCertificates(options: {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly authority?: KeyPair;
  readonly serviceAccountKeyPem?: string;
}): Promise<ClusterCertificates> {
  const authority = options.authority
    ? await CertificateAuthority.fromPem(options.authority)
    : await CertificateAuthority.create('kubernetes');
  const inCluster = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const server = await authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: [...new Set(['localhost', ...inCluster, ...(options.names ?? [])])],
    ipAddresses: [...new Set(['127.0.0.1', ...(options.addresses ?? [])])],
    usages: ['server'],
  });
  const serviceAccountKeyPem = options.serviceAccountKeyPem ?? (await createSigningKey());
  return { authority, server, serviceAccountKeyPem };
}
