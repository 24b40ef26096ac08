import type { SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** Body of `POST /cpaas-installer/api/config/dcs` (guide step 8), keys in the guide's order. */
export interface InstallerRequest {
  readonly basic: { readonly username: string; readonly password: string };
  readonly registry: { readonly domain: string; readonly username: string; readonly password: string };
  readonly console: {
    readonly host: readonly string[];
    readonly globalHost: string;
    readonly httpPort: number;
    readonly httpsPort: number;
    readonly cert: ConsoleCertificate;
  };
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly product: readonly string[];
  readonly deployMode: string;
  readonly hostIP: string;
}

export type ConsoleCertificate =
  { readonly selfSigned: Record<string, never> } | { readonly thirdParty: Readonly<Record<string, string>> };

/** Plain values of the secrets that the request carries. */
export interface InstallerSecrets {
  readonly adminPassword: string;
  /** Absent where the platform registry has no login: the request then holds empty strings. */
  readonly registryPassword?: string | undefined;
  /** PEM chain, PEM key and what else the operator supplies, by the site's keys. */
  readonly certificate?: Readonly<Record<string, string>> | undefined;
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

export function installerRequest(site: Site, provider: SupportedProvider, secrets: InstallerSecrets): InstallerRequest {
  const { platform } = site;
  const { consoleHost, cluster } = provider.installer(site);
  return {
    basic: { username: platform.admin.username, password: base64(secrets.adminPassword) },
    registry: {
      domain: platform.registryDomain,
      username: platform.registry?.username ?? '',
      password: base64(secrets.registryPassword ?? ''),
    },
    console: {
      host: consoleHost,
      globalHost: platform.host,
      httpPort: platform.console.httpPort,
      httpsPort: platform.console.httpsPort,
      cert: secrets.certificate ? { thirdParty: thirdParty(secrets.certificate) } : { selfSigned: {} },
    },
    ...(cluster && { cluster }),
    product: platform.products,
    deployMode: platform.deployMode,
    hostIP: site.bootstrap.hostIP,
  };
}

/** Chain and key are encoded; further values (PKCS#12) come encoded from the operator and pass unchanged. */
function thirdParty(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      key === 'certificate' || key === 'privateKey' ? base64(value) : value,
    ]),
  );
}
