import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isGlobalctlError } from '../../base/index.ts';
import type { FieldFinding, LoadedSite } from '../../site/index.ts';
import { drOf } from '../pair.ts';

const DAY_MS = 86_400_000;
/** From here on a certificate's end is told. */
export const EXPIRY_WARNING_MS = 30 * DAY_MS;

/** The certificates of a PEM text, the leaf first. Throws what the parser throws. */
export function readChain(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** `expired 3 days ago`, `12 days left`. */
export function expiryText(certificate: X509Certificate, nowMs: number): string {
  const days = Math.floor((Date.parse(certificate.validTo) - nowMs) / DAY_MS);
  return days < 0 ? `expired ${String(-days)} days ago` : `${String(days)} days left`;
}

/**
 * Whether the console certificate of a side is what disaster recovery asks for (disaster-recovery §10): an existing chain, not
 * self-signed, in force, for the platform domain and both VIPs, with its own key. Reads both secrets; shows neither.
 */
export async function checkCertificate(loaded: LoadedSite, nowMs: number): Promise<FieldFinding[]> {
  const { certificate } = loaded.site.platform.console;
  // That a self-signed one is no good choice is said by the checks of the site itself.
  if (certificate === 'selfSigned') return [];
  const path = 'platform.console.certificate.thirdParty.certificate';
  const keyPath = 'platform.console.certificate.thirdParty.privateKey';
  const at = (severity: FieldFinding['severity'], message: string, more: Partial<FieldFinding> = {}): FieldFinding => ({
    code: 'SITE_DR',
    severity,
    path,
    message,
    ...more,
  });
  let chain: X509Certificate[];
  let key: string;
  try {
    chain = readChain(await loaded.resolveSecret(certificate.thirdParty.certificate));
    key = await loaded.resolveSecret(certificate.thirdParty.privateKey);
  } catch (error) {
    // A secret that cannot be read is reported by the check of the secrets.
    if (isGlobalctlError(error, 'SECRET_UNREADABLE')) return [];
    return [at('error', 'the certificate chain cannot be read', { expected: 'certificates in PEM form' })];
  }
  const [leaf] = chain;
  if (!leaf) return [at('error', 'the file holds no certificate', { expected: 'certificates in PEM form' })];
  const findings: FieldFinding[] = [];
  const { primaryVIP, standbyVIP } = drOf(loaded.site);
  const domain = loaded.site.platform.host;
  const sans = leaf.subjectAltName ?? 'none';
  if (leaf.checkHost(domain) === undefined)
    findings.push(at('error', 'the certificate is not for the platform domain', { expected: domain, found: sans }));
  for (const vip of [primaryVIP, standbyVIP])
    if (leaf.checkIP(vip) === undefined)
      findings.push(
        at('warning', `the certificate is not for the VIP ${vip}`, { expected: `a SAN IP:${vip}`, found: sans }),
      );
  if (chain.length === 1 && leaf.issuer === leaf.subject)
    findings.push(at('warning', 'the certificate is self-signed', { expected: 'a chain that browsers trust' }));
  const left = Date.parse(leaf.validTo) - nowMs;
  if (left < EXPIRY_WARNING_MS)
    findings.push(
      at(left < 0 ? 'error' : 'warning', 'the certificate ends', {
        found: `${leaf.validTo}, ${expiryText(leaf, nowMs)}`,
      }),
    );
  if (!ownKey(leaf, key))
    findings.push({ ...at('error', 'the private key is not that of the certificate'), path: keyPath });
  return findings;
}

function ownKey(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
