import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

const DAY_MS = 86_400_000;
/** Browsers and their users want to be told this early. */
const SOON_DAYS = 30;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const SMALLEST_RSA_BITS = 2048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const WEAK_SIGNATURE = /md2|md4|md5|sha-?1\b/i;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export interface ChainFinding {
  readonly of: 'certificate' | 'privateKey';
  /** A warning refuses nothing. */
  readonly severity: 'fault' | 'warning';
  readonly message: string;
}

/**
 * What is wrong with a server certificate that others will have to trust: its chain from the server's to the last one given,
 * signatures, validity, strength, use, the names it must carry, and whether the key is its own.
 */
export async function checkChain(options: {
  /** PEM, the server's certificate first. */
  readonly chainPem: string;
  readonly keyPem: string;
  /** Host names and IP addresses that clients will ask for. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
}): Promise<ChainFinding[]> {
  const findings: ChainFinding[] = [];
  const fault = (message: string): void => void findings.push({ of: 'certificate', severity: 'fault', message });
  const key = readKey(options.keyPem, (message) => findings.push({ of: 'privateKey', severity: 'fault', message }));
  const blocks = options.chainPem.match(PEM_CERTIFICATE) ?? [];
  const chain: X509Certificate[] = [];
  for (const [index, block] of blocks.entries())
    try {
      chain.push(new X509Certificate(block));
    } catch {
      fault(`certificate ${String(index + 1)} of the chain cannot be read`);
      return findings;
    }
  const [server] = chain;
  if (server === undefined) {
    fault('is not the base64 of a PEM certificate chain');
    return findings;
  }
  if (key !== undefined && !server.checkPrivateKey(key)) {
    const other = chain.findIndex((c) => c.checkPrivateKey(key));
    findings.push({ of: 'privateKey', severity: 'fault', message: 'does not belong to the certificate' });
    if (other > 0) fault(`is in the wrong order: the key belongs to certificate ${String(other + 1)} of the chain`);
  }
  for (const [index, certificate] of chain.entries()) {
    const name = index === 0 ? 'the certificate' : `certificate ${String(index + 1)} of the chain`;
    const { faults, warnings } = await checkOne(certificate, name, options.nowMs);
    faults.forEach(fault);
    for (const message of warnings) findings.push({ of: 'certificate', severity: 'warning', message });
    const issuer = chain[index + 1];
    if (issuer !== undefined) checkIssuer({ certificate, issuer, name, fault });
  }
  if (server.keyUsage !== undefined && !server.keyUsage.includes(SERVER_AUTH))
    fault('is not for servers: its extended key usage lacks serverAuth');
  const missing = [...new Set(options.hosts)].filter((host) => !covers(server, host));
  if (missing.length > 0) fault(`has no subject alternative name for ${missing.join(', ')}`);
  return findings;
}

function readKey(pem: string, fault: (message: string) => void): KeyObject | undefined {
  if (/ENCRYPTED/.test(pem)) {
    fault('is encrypted; send it without a passphrase');
    return undefined;
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    fault('is not the base64 of a PEM private key');
    return undefined;
  }
  const weak = weakness(createPublicKey(key));
  if (weak !== undefined) fault(weak);
  return key;
}

async function checkOne(
  certificate: X509Certificate,
  name: string,
  nowMs: number,
): Promise<{ readonly faults: string[]; readonly warnings: string[] }> {
  const faults: string[] = [];
  const warnings: string[] = [];
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (nowMs < from) faults.push(`${name} is not valid before ${new Date(from).toISOString()}`);
  if (nowMs >= to) faults.push(`${name} has expired on ${new Date(to).toISOString()}`);
  else if (to - nowMs < SOON_DAYS * DAY_MS) warnings.push(`${name} expires soon, on ${new Date(to).toISOString()}`);
  const weak = weakness(certificate.publicKey);
  if (weak !== undefined) faults.push(`${name}: its key ${weak}`);
  // What signs itself is trusted, or not, for other reasons than its signature.
  if (!certificate.checkIssued(certificate)) {
    const algorithm = await signatureAlgorithm(certificate);
    if (WEAK_SIGNATURE.test(algorithm))
      faults.push(`${name} is signed with ${algorithm}, which nobody trusts any more`);
  }
  return { faults, warnings };
}

function checkIssuer(pair: {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
  readonly name: string;
  readonly fault: (message: string) => void;
}): void {
  const { certificate, issuer, name, fault } = pair;
  // Asked first: one that is no authority counts as no issuer at all below.
  if (certificate.issuer === issuer.subject && !issuer.ca)
    fault(`${name} was issued by one that is no certificate authority`);
  else if (!certificate.checkIssued(issuer))
    fault(`is in the wrong order or incomplete: ${name} was not issued by the one that follows it`);
  else if (!certificate.verify(issuer.publicKey))
    fault(`the signature of ${name} is not that of the one that follows it`);
}

function weakness(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0;
    return bits < SMALLEST_RSA_BITS
      ? `is too weak: RSA with ${String(bits)} bits, at least 2048 are needed`
      : undefined;
  }
  if (type === 'ec')
    return CURVES.has(details?.namedCurve ?? '')
      ? undefined
      : `is of a curve that browsers do not take (${details?.namedCurve ?? 'unknown'}): P-256, P-384 or P-521`;
  return `is of a type that browsers do not take (${type}): RSA or ECDSA`;
}

async function signatureAlgorithm(certificate: X509Certificate): Promise<string> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { signatureAlgorithm: algorithm } = new x509.X509Certificate(certificate.raw);
  const hash = algorithm.hash as { readonly name: string } | string | undefined;
  const name = 'name' in algorithm ? String(algorithm.name) : '';
  return `${name} ${typeof hash === 'object' ? hash.name : (hash ?? '')}`.trim();
}

/** By its alternative names alone, wildcards included: clients no longer look at the common name. */
export function covers(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: 'never' }) !== undefined;
}
