import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

const { subtle } = webcrypto;
const DAY_MS = 86_400_000;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Two clocks of one data centre differ. */
const BACKDATED_MS = 60_000;

/** A certificate and its private key, both PEM. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateWish {
  readonly commonName: string;
  readonly use: 'server' | 'client' | 'authority';
  /** Host names and IP addresses. */
  readonly hosts?: readonly string[] | undefined;
  readonly days: number;
  readonly nowMs: number;
  /** Who signs; the certificate signs itself when absent. Keys are RSA, or ECDSA on P-256 or P-384. */
  readonly issuer?: IssuedCertificate | undefined;
}

/** Makes a key pair (ECDSA on P-256) and a certificate for it. */
export async function issueCertificate(wish: CertificateWish): Promise<IssuedCertificate> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(globalThis.crypto);
  const { commonName, use, hosts = [], days, nowMs, issuer } = wish;
  const keys = await subtle.generateKey(KEY, true, ['sign', 'verify']);
  const subject = [{ CN: [commonName.slice(0, 64)] }];
  const usages =
    use === 'authority'
      ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
      : x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const signer = issuer && (await importSigner(issuer.key));
  const authority = issuer && new x509.X509Certificate(issuer.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: authority?.subject ?? subject,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
    signingAlgorithm: signer?.algorithm ?? KEY,
    publicKey: keys.publicKey,
    signingKey: signer?.key ?? keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(use === 'authority', undefined, true),
      new x509.KeyUsagesExtension(usages, true),
      ...(use === 'authority'
        ? []
        : [new x509.ExtendedKeyUsageExtension([use === 'server' ? serverAuth : clientAuth])]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(authority ? [await x509.AuthorityKeyIdentifierExtension.create(authority)] : []),
      ...(hosts.length > 0
        ? [
            new x509.SubjectAlternativeNameExtension(
              hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
            ),
          ]
        : []),
    ],
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

async function importSigner(pem: string): Promise<{
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
}> {
  const key = createPrivateKey(pem);
  const namedCurve = key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256';
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? ({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const)
      : ({ name: 'ECDSA', namedCurve, hash: 'SHA-256' } as const);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return { key: await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']), algorithm };
}

/** Eight random bytes, positive, as RFC 5280 wants it. */
function serialNumber(): string {
  const bytes = randomBytes(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}
