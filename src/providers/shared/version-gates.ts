import { lt, valid } from 'semver';
import type { FieldFinding, Site } from '../../site/index.ts';

/** A feature of a site that a provider only has from some version on (versions.md, "Provider version gates"). */
export interface VersionGate {
  readonly needs: string;
  readonly feature: string;
  readonly used: boolean;
}

/** Errors for every feature that the site uses and its infrastructure provider is too old for. */
export function checkVersionGates(site: Site, gates: readonly VersionGate[]): FieldFinding[] {
  const version = site.versions.infrastructureProvider;
  if (valid(version) === null) return [];
  return gates
    .filter((gate) => gate.used && lt(version, gate.needs))
    .map((gate) => ({
      code: 'SITE_PROVIDER_VERSION',
      severity: 'error',
      path: 'versions.infrastructureProvider',
      message: `${gate.feature} needs provider ${gate.needs}`,
      expected: `${gate.needs} or newer`,
      found: version,
    }));
}

/** The Kube-OVN charts from v4.4 on need newer providers. */
export function kubeOvnGate(site: Site, needs: string): VersionGate {
  const used = valid(site.versions.kubeOvn) !== null && !lt(site.versions.kubeOvn, 'v4.4.0-0');
  return { needs, feature: `Kube-OVN chart ${site.versions.kubeOvn}`, used };
}

/** An image must be named by the provider's block or by versions.image; newer rows of the version table name none. */
export function checkImage(named: string | undefined, site: Site, path: string): FieldFinding[] {
  if (named !== undefined || site.versions.image !== undefined) return [];
  return [
    {
      code: 'SITE_IMAGE_MISSING',
      severity: 'error',
      path,
      message: `nothing names the node image: the version table has none for ${site.versions.platform}`,
      expected: `${path}, or versions.image`,
      found: 'neither',
    },
  ];
}
