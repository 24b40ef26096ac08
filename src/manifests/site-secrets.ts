import { GlobalctlError } from '../base/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import type { LoadedSite, SecretReference } from '../site/index.ts';
import type { InstallerSecrets } from './installer-request.ts';

/** Everything secret that rendering one site needs. */
export interface RenderSecrets {
  /** By the keys of the provider's `secretNeeds`. */
  readonly provider: Readonly<Record<string, string>>;
  readonly installer: InstallerSecrets;
}

type Resolve = (reference: SecretReference, path: string) => Promise<string>;

/** Reads every secret of the site. Throws SECRET_UNREADABLE, or SITE_ENCRYPTION_KEY for a key that is none. */
export function readSecrets(loaded: LoadedSite, provider: SupportedProvider): Promise<RenderSecrets> {
  return collect(loaded, provider, async (reference, path) => {
    const value = await loaded.resolveSecret(reference);
    if (path.endsWith('encryptionKey')) checkEncryptionKey(loaded, path, value);
    return value;
  });
}

/** A key that is well-formed and secret to nobody, for checks that must not read secrets. */
const standInKey = Buffer.alloc(32).toString('base64');

/** Values that stand in for secrets, so that a manifest can be checked before any secret is read. */
export function standInSecrets(loaded: LoadedSite, provider: SupportedProvider): Promise<RenderSecrets> {
  return collect(loaded, provider, (_reference, path) =>
    Promise.resolve(path.endsWith('encryptionKey') ? standInKey : 'not-read'),
  );
}

async function collect(loaded: LoadedSite, provider: SupportedProvider, resolve: Resolve): Promise<RenderSecrets> {
  const { platform } = loaded.site;
  const needs: Record<string, string> = {};
  for (const { key, reference, path } of provider.secretNeeds(loaded.site)) needs[key] = await resolve(reference, path);
  const { certificate } = platform.console;
  const certificateValues: Record<string, string> = {};
  if (certificate !== 'selfSigned')
    for (const [key, reference] of Object.entries(certificate.thirdParty))
      if (reference !== undefined)
        certificateValues[key] = await resolve(reference, `platform.console.certificate.thirdParty.${key}`);
  return {
    provider: needs,
    installer: {
      adminPassword: await resolve(platform.admin.password, 'platform.admin.password'),
      ...(platform.registry && {
        registryPassword: await resolve(platform.registry.password, 'platform.registry.password'),
      }),
      ...(certificate !== 'selfSigned' && { certificate: certificateValues }),
    },
  };
}

/** The API server takes AES keys of 16, 24 or 32 bytes; the guide makes 32. */
function checkEncryptionKey(loaded: LoadedSite, path: string, value: string): void {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') === value && [16, 24, 32].includes(bytes.length)) return;
  throw new GlobalctlError('SITE_ENCRYPTION_KEY', {
    message: `${path} does not lead to a key`,
    subject: path,
    expected: 'base64 of 32 random bytes',
    found: `${String(value.length)} characters that are no such key`,
    place: loaded.placeOf(path),
    snippet: loaded.snippetOf(path),
  });
}
