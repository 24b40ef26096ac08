import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { GlobalctlError } from '../../base/index.ts';
import type { EtcdConnectionOptions } from '../../etcd/index.ts';
import { conditionOf, fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import { GLOBAL } from './payload.ts';

const ETCD_PORT = 2379;
const LIFETIME_MS = 24 * 3_600_000;
const CLIENT_KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * How the new cluster's etcd is reached: at the control plane nodes, with a client certificate that lives a day and is signed
 * by the authority which Cluster API keeps in Secret `global-etcd`. Throws INSTALLER_NOT_READY when either is missing.
 */
export async function targetEtcdAccess(options: {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<EtcdConnectionOptions> {
  const { source, target, nowMs, signal } = options;
  const ref = { name: `${GLOBAL}-etcd`, namespace: PLATFORM_NAMESPACE };
  const secret = await source.find(resources.secrets, ref, signal);
  const pem = (key: string): string => {
    const value = fieldAt(secret, 'data', key);
    if (typeof value === 'string') return Buffer.from(value, 'base64').toString('utf8');
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: 'the authority of the new cluster’s etcd is missing',
      subject: `Secret ${PLATFORM_NAMESPACE}/${ref.name}, key ${key}`,
    });
  };
  const ca = pem('tls.crt');
  const { certificate, key } = await issueClientCertificate({ ca, caKey: pem('tls.key'), nowMs });
  const { items } = await target.list(resources.nodes, {
    labelSelector: 'node-role.kubernetes.io/control-plane',
    signal,
  });
  const ready = items.filter((node) => conditionOf(node, 'Ready')?.status === 'True');
  const endpoints = ready.flatMap((node) => {
    const addresses = fieldAt(node, 'status', 'addresses');
    const internal = (Array.isArray(addresses) ? (addresses as unknown[]) : []).find(
      (a) => fieldAt(a, 'type') === 'InternalIP',
    );
    const ip = fieldAt(internal, 'address');
    if (typeof ip !== 'string') return [];
    return [`${ip.includes(':') ? `[${ip}]` : ip}:${String(ETCD_PORT)}`];
  });
  if (endpoints.length === 0)
    throw new GlobalctlError('INSTALLER_NOT_READY', {
      message: 'no control plane node of the new cluster is ready',
      subject: 'nodes of the new cluster',
    });
  return { endpoints, tls: { ca, certificate, key } };
}

async function issueClientCertificate(options: {
  readonly ca: string;
  readonly caKey: string;
  readonly nowMs: number;
}): Promise<{ certificate: string; key: string }> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const issuer = new x509.X509Certificate(options.ca);
  const caKey = createPrivateKey(options.caKey);
  const curve = caKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  const algorithm =
    caKey.asymmetricKeyType === 'rsa'
      ? ({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const)
      : ({ name: 'ECDSA', namedCurve: curve, hash: 'SHA-256' } as const);
  const { subtle } = webcrypto;
  const pkcs8 = caKey.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const keys = await subtle.generateKey(CLIENT_KEY, true, ['sign', 'verify']);
  const serial = randomBytes(8);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString('hex'),
    subject: [{ CN: ['cpaas-installer'] }],
    issuer: issuer.subject,
    notBefore: new Date(options.nowMs - 60_000),
    notAfter: new Date(options.nowMs + LIFETIME_MS),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: certificate.toString('pem'), key };
}
