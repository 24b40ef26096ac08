import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { GlobalctlError } from '../../../base/index.ts';
import { formatKubeconfig, resources, type KubeObject } from '../../../kube/index.ts';
import { CertificateAuthority, createSigningKey, type KeyPair } from '../../pki/index.ts';
import { controllerReference, labels, type Cluster, type ControllerEnvironment, type Secret } from '../kit/index.ts';

const SECRET_TYPE = 'cluster.x-k8s.io/secret';

/** The authorities of a cluster and the key that signs service account tokens. */
export interface ClusterCertificates {
  readonly ca: KeyPair;
  readonly etcd: KeyPair;
  readonly proxy: KeyPair;
  /** The certificate is the public key. */
  readonly sa: KeyPair;
}

const purposes = ['ca', 'etcd', 'proxy', 'sa'] as const;
type Purpose = (typeof purposes)[number];

const commonNames: Record<Exclude<Purpose, 'sa'>, string> = {
  ca: 'kubernetes',
  etcd: 'etcd-ca',
  proxy: 'front-proxy-ca',
};

/** Where kubeadm keeps each pair on a control plane node. */
const paths: Record<Purpose, { readonly certificate: string; readonly key: string }> = {
  ca: { certificate: '/etc/kubernetes/pki/ca.crt', key: '/etc/kubernetes/pki/ca.key' },
  etcd: { certificate: '/etc/kubernetes/pki/etcd/ca.crt', key: '/etc/kubernetes/pki/etcd/ca.key' },
  proxy: { certificate: '/etc/kubernetes/pki/front-proxy-ca.crt', key: '/etc/kubernetes/pki/front-proxy-ca.key' },
  sa: { certificate: '/etc/kubernetes/pki/sa.pub', key: '/etc/kubernetes/pki/sa.key' },
};

export interface CertificateFile {
  readonly path: string;
  readonly owner: string;
  readonly permissions: string;
  readonly content: string;
}

export function certificateFiles(certificates: ClusterCertificates): CertificateFile[] {
  return purposes.flatMap((purpose) => [
    {
      path: paths[purpose].certificate,
      owner: 'root:root',
      permissions: '0640',
      content: certificates[purpose].certificatePem,
    },
    { path: paths[purpose].key, owner: 'root:root', permissions: '0600', content: certificates[purpose].keyPem },
  ]);
}

async function generate(purpose: Purpose, nowMs: number): Promise<KeyPair> {
  if (purpose !== 'sa') return await CertificateAuthority.create(commonNames[purpose], nowMs);
  const keyPem = await createSigningKey();
  return { keyPem, certificatePem: createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString() };
}

function secret(cluster: Cluster, owner: KubeObject, name: string, data: Record<string, string>): Secret {
  const { namespace, name: clusterName = '' } = cluster.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { [labels.clusterName]: clusterName },
      ownerReferences: [controllerReference(owner)],
    },
    type: SECRET_TYPE,
    data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, Buffer.from(v, 'utf8').toString('base64')])),
  };
}

/**
 * The certificates of a cluster from their Secrets `<cluster>-ca|etcd|proxy|sa`; missing ones are generated, unless the
 * control plane already runs: new authorities would lock everybody out of it. Throws KUBE_API (NotFound) then.
 */
export async function ensureCertificates(
  environment: ControllerEnvironment,
  cluster: Cluster,
  owner: KubeObject,
  mayGenerate: boolean,
): Promise<ClusterCertificates> {
  const { client, clock, signal } = environment;
  const { namespace, name: clusterName = '' } = cluster.metadata;
  const pairs: Partial<Record<Purpose, KeyPair>> = {};
  for (const purpose of purposes) {
    const name = `${clusterName}-${purpose}`;
    const present = await client.find<Secret>(resources.secrets, { name, namespace }, signal);
    const text = (key: string): string | undefined =>
      present?.data?.[key] === undefined ? undefined : Buffer.from(present.data[key], 'base64').toString('utf8');
    const certificatePem = text('tls.crt');
    const keyPem = text('tls.key');
    if (certificatePem !== undefined && keyPem !== undefined) {
      pairs[purpose] = { certificatePem, keyPem };
      continue;
    }
    if (!mayGenerate)
      throw new GlobalctlError('KUBE_API', {
        message: `Secret ${name} with the certificates of a running control plane is missing or incomplete`,
        subject: `Secret ${namespace ?? ''}/${name}`,
      });
    const pair = await generate(purpose, clock.now());
    await client.create(
      resources.secrets,
      secret(cluster, owner, name, { 'tls.crt': pair.certificatePem, 'tls.key': pair.keyPem }),
      { signal },
    );
    pairs[purpose] = pair;
  }
  return pairs as ClusterCertificates;
}

/** Writes the Secret `<cluster>-kubeconfig` (key `value`) when it does not exist: an administrator's access to the endpoint. */
export async function ensureKubeconfig(
  environment: ControllerEnvironment,
  cluster: Cluster,
  owner: KubeObject,
  ca: KeyPair,
): Promise<void> {
  const { client, clock, signal, proxyUrl } = environment;
  const { namespace, name: clusterName = '' } = cluster.metadata;
  const endpoint = cluster.spec?.controlPlaneEndpoint;
  const name = `${clusterName}-kubeconfig`;
  if (!endpoint || (await client.find(resources.secrets, { name, namespace }, signal))) return;
  const authority = await CertificateAuthority.fromPem(ca);
  const admin = await authority.issue(
    { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] },
    clock.now(),
  );
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const kubeconfig = formatKubeconfig(clusterName, {
    server: `https://${host}:${String(endpoint.port)}`,
    caPem: ca.certificatePem,
    insecureSkipTlsVerify: false,
    clientCertificatePem: admin.certificatePem,
    clientKeyPem: admin.keyPem,
    proxyUrl,
  });
  await client.create(resources.secrets, secret(cluster, owner, name, { value: kubeconfig }), { signal });
}

/** kubeadm's discovery hash of an authority: SHA-256 over its subject public key info. */
export function caCertHash(certificatePem: string): string {
  const spki = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}
