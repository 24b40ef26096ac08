import { isGlobalctlError } from '../base/index.ts';
import { siteChecks } from './checks/index.ts';
import { errorToFinding, type Finding } from './finding.ts';
import type { LoadedSite } from './load.ts';
import { secretPlaceholder } from './secret-reference.ts';

/** Runs every check that needs no provider, no secret and no network. */
export function checkSite(loaded: LoadedSite): Finding[] {
  return siteChecks.flatMap((check) => check(loaded.site)).map((finding) => loaded.locate(finding));
}

/**
 * Reads every secret that the site refers to. SECRET_UNREADABLE where one cannot be read; SITE_VALUE where an encryption key
 * is not base64 of 32 bytes (disaster-recovery §1) or a certificate or its key is not PEM. Never shows a value.
 */
export async function checkSecrets(loaded: LoadedSite): Promise<Finding[]> {
  const held = loaded.secretReferences();
  const findings = await Promise.all(
    held.map(async ({ path, reference }): Promise<Finding | undefined> => {
      try {
        const value = await loaded.resolveSecret(reference);
        if (value === secretPlaceholder)
          return loaded.locate({
            code: 'SECRET_PLACEHOLDER',
            severity: 'warning',
            path,
            message: `what ${path} refers to still holds the placeholder`,
            found: reference,
          });
        const expected = faultOf(path, value);
        if (expected === undefined) return undefined;
        const message = `what ${path} refers to is not what it should be`;
        return loaded.locate({ code: 'SITE_VALUE', severity: 'error', path, message, expected, found: reference });
      } catch (error) {
        if (!isGlobalctlError(error)) throw error;
        return loaded.locate(errorToFinding(error));
      }
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

function faultOf(path: string, value: string): string | undefined {
  if (/(?:^|\.)encryptionKey$/.test(path)) {
    const bytes = Buffer.from(value, 'base64');
    const exact = bytes.length === 32 && bytes.toString('base64') === value;
    return exact ? undefined : 'base64 of 32 random bytes on one line, e.g. from: head -c 32 /dev/urandom | base64';
  }
  if (path.endsWith('.thirdParty.certificate') && !value.includes('-----BEGIN CERTIFICATE-----'))
    return 'a certificate chain in PEM form';
  if (path.endsWith('.thirdParty.privateKey') && !/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(value))
    return 'a private key in PEM form';
  return undefined;
}
