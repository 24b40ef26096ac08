import type { z } from 'zod';
import { join } from 'node:path';
import type { Site, SiteVersions } from './site.ts';
import type { SiteProblem } from './translate-issue.ts';
import { versionRowOf, versionRows, versionRowsOfKubernetes, type VersionRow } from './version-matrix.ts';
import { nearestName } from './nearest-name.ts';

/** A site as the schema leaves it: constant defaults in, those that depend on other fields still open. */
export interface ParsedSite extends Omit<Site, 'bootstrap' | 'platform' | 'versions' | 'packages' | 'workers'> {
  readonly bootstrap: Omit<Site['bootstrap'], 'registry'> & {
    readonly registry: Open<Site['bootstrap']['registry'], 'nodeAddress'>;
  };
  readonly platform: Open<Site['platform'], 'registryDomain'>;
  readonly versions: Open<SiteVersions, 'platform' | 'coredns' | 'etcd' | 'kubeOvn' | 'corePackage'>;
  readonly packages: Open<Site['packages'], 'kubeadmProvider' | 'infrastructureProvider'>;
  readonly workers: readonly Open<Site['workers'][number], 'replicas'>[];
}

type Open<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: T[P] | undefined };

export type CompletedSite = { readonly site: Site } | { readonly problems: readonly SiteProblem[] };

/** Fills in the defaults that come from other fields. Fails only when the version table cannot decide a version. */
export function completeSite(parsed: ParsedSite): CompletedSite {
  const versions = completeVersions(parsed.versions);
  if ('problems' in versions) return versions;
  const { bootstrap, platform, packages } = parsed;
  const packageOf = (provider: string, version: string): string =>
    join(bootstrap.hostRoot, 'root', `cluster-api-provider-${provider}.amd64.${version}.tgz`);
  return {
    site: {
      ...parsed,
      bootstrap: {
        ...bootstrap,
        registry: { ...bootstrap.registry, nodeAddress: bootstrap.registry.nodeAddress ?? `${bootstrap.hostIP}:11443` },
      },
      platform: { ...platform, registryDomain: platform.registryDomain ?? `${platform.host}:11443` },
      versions: versions.versions,
      packages: {
        ...packages,
        kubeadmProvider: packages.kubeadmProvider ?? packageOf('kubeadm', parsed.versions.kubeadmProvider),
        infrastructureProvider:
          packages.infrastructureProvider ?? packageOf(parsed.provider, parsed.versions.infrastructureProvider),
      },
      workers: parsed.workers.map((pool) => ({ ...pool, replicas: pool.replicas ?? pool.nodes.length })),
    },
  };
}

/** The release whose row of the version table fills in what the file leaves out. */
export function releaseOf(versions: ParsedSite['versions']): VersionRow | undefined {
  if (versions.platform !== undefined) return versionRowOf(versions.platform);
  const rows = versionRowsOfKubernetes(versions.kubernetes);
  return rows.length === 1 ? rows[0] : undefined;
}

function completeVersions(
  written: ParsedSite['versions'],
): { readonly versions: SiteVersions } | { readonly problems: readonly SiteProblem[] } {
  const row = releaseOf(written);
  const platform = written.platform ?? row?.platform;
  const coredns = written.coredns ?? row?.coredns;
  const etcd = written.etcd ?? row?.etcd;
  const kubeOvn = written.kubeOvn ?? row?.kubeOvnChart;
  const image = written.image ?? row?.image;
  if (platform === undefined || coredns === undefined || etcd === undefined || kubeOvn === undefined)
    return { problems: [undecided(written)] };
  return {
    versions: {
      ...written,
      platform,
      coredns,
      etcd,
      kubeOvn,
      corePackage: written.corePackage ?? platform,
      ...(image !== undefined && { image }),
    },
  };
}

function undecided(versions: ParsedSite['versions']): SiteProblem {
  const known = versionRows.map((row) => row.platform);
  if (versions.platform !== undefined) {
    const open = (['coredns', 'etcd', 'kubeOvn'] as const).filter((name) => versions[name] === undefined);
    const near = nearestName(versions.platform, known);
    return {
      code: 'SITE_VERSION_UNKNOWN',
      path: ['versions', 'platform'],
      part: 'value',
      message: `the version table has no release ${versions.platform}, and ${open.map((name) => `versions.${name}`).join(', ')} would come from it`,
      expected: known.join(', '),
      found: versions.platform,
      hint: near === undefined ? undefined : `Did you mean ${near}? Else give these versions by hand.`,
    };
  }
  const rows = versionRowsOfKubernetes(versions.kubernetes);
  return {
    code: 'SITE_VERSION_UNKNOWN',
    path: ['versions', 'kubernetes'],
    part: 'value',
    message:
      rows.length === 0
        ? `no release of the version table carries Kubernetes ${versions.kubernetes}`
        : `${rows.map((row) => row.platform).join(', ')} carry Kubernetes ${versions.kubernetes}`,
    expected: 'a Kubernetes version that one release carries, or versions.platform',
    found: versions.kubernetes,
    hint: rows.length === 0 ? undefined : 'Set versions.platform to the release that was delivered.',
  };
}

/** What the composed schema gives for a site of a provider that is built. */
export function asParsedSite(output: z.output<z.ZodObject>): ParsedSite {
  // The schema has parsed the value; its static type is lost where the parts of providers are put together.
  return output as unknown as ParsedSite;
}
