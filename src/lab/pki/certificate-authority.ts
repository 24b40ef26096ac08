import { createPrivateKey, webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

/** A certificate (with whatever chain follows it) and its private key, both PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Groups of a Kubernetes user: `system:masters`. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Both when absent. */
  readonly usages?: readonly ('server' | 'client')[];
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** kubeadm's lifetimes: ten years for an authority, one for what it issues. */
const AUTHORITY_DAYS = 3650;
const ISSUED_DAYS = 365;

async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(globalThis.crypto);
  return x509;
}

async function exportKey(x509: typeof X509, key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY') + '\n';
}

function validity(nowMs: number, days: number): { notBefore: Date; notAfter: Date } {
  // Backdated a little: two clocks of one data centre differ.
  return { notBefore: new Date(nowMs - 60_000), notAfter: new Date(nowMs + days * DAY_MS) };
}

function distinguishedName(request: CertificateRequest): X509.JsonName {
  return [...(request.organizations ?? []).map((o) => ({ O: [o] })), { CN: [request.commonName] }];
}

function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}

/** A self-signed authority that issues certificates. */
export class CertificateAuthority implements KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly #x509: typeof X509;
  readonly #certificate: X509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #signingAlgorithm: Parameters<typeof webcrypto.subtle.sign>[0];

  private constructor(
    x509: typeof X509,
    pair: KeyPair,
    key: webcrypto.CryptoKey,
    signingAlgorithm: Parameters<typeof webcrypto.subtle.sign>[0],
  ) {
    this.#x509 = x509;
    this.certificatePem = pair.certificatePem;
    this.keyPem = pair.keyPem;
    this.#certificate = new x509.X509Certificate(pair.certificatePem);
    this.#key = key;
    this.#signingAlgorithm = signingAlgorithm;
  }

  static async create(commonName: string, nowMs = Date.now()): Promise<CertificateAuthority> {
    const x509 = await loadX509();
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: [{ CN: [commonName] }],
      ...validity(nowMs, AUTHORITY_DAYS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pair = { certificatePem: certificate.toString('pem') + '\n', keyPem: await exportKey(x509, keys.privateKey) };
    return new CertificateAuthority(x509, pair, keys.privateKey, ALGORITHM);
  }

  /** Takes an authority that exists, e.g. from a `<cluster>-ca` Secret. RSA keys and EC keys of curve P-256 are understood. */
  static async fromPem(pair: KeyPair): Promise<CertificateAuthority> {
    const x509 = await loadX509();
    const key = createPrivateKey(pair.keyPem);
    const algorithm =
      key.asymmetricKeyType === 'rsa' ? ({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const) : ALGORITHM;
    const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
    const imported = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
    return new CertificateAuthority(x509, pair, imported, algorithm);
  }

  async issue(request: CertificateRequest, nowMs = Date.now()): Promise<KeyPair> {
    const x509 = this.#x509;
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const usages = request.usages ?? ['server', 'client'];
    const names = [
      ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
      ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: distinguishedName(request),
      issuer: this.#certificate.subject,
      ...validity(nowMs, ISSUED_DAYS),
      signingAlgorithm: this.#signingAlgorithm as typeof ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        new x509.ExtendedKeyUsageExtension(
          usages.map((u) => (u === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth)),
        ),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return {
      certificatePem: certificate.toString('pem') + '\n',
      keyPem: await exportKey(x509, keys.privateKey),
    };
  }
}

/** A private key for signing service account tokens: a P-256 key, PKCS #8 PEM. */
export async function createSigningKey(): Promise<string> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  return await exportKey(x509, keys.privateKey);
}
