import { rcompare, valid } from 'semver';
import { GlobalctlError } from '../../base/index.ts';
import { RegistryClient } from '../../pack/index.ts';
import type { CompleteConfig, RegistryLogin } from './config.ts';
import { hasRegistryLogin } from './platform-values.ts';
import type { InstallerRequest } from './request.ts';

export function registryLogin(request: InstallerRequest): RegistryLogin | undefined {
  if (!hasRegistryLogin(request)) return undefined;
  const password = Buffer.from(request.registry.password, 'base64').toString('utf8');
  return { username: request.registry.username, password };
}

export function bootstrapRegistry(config: CompleteConfig): RegistryClient {
  return new RegistryClient(config.registryAccess(config.bootstrapRegistry));
}

export function platformRegistry(config: CompleteConfig, request: InstallerRequest): RegistryClient {
  return new RegistryClient(config.registryAccess(request.registry.domain, registryLogin(request)));
}

/** The newest version among tags, which carry `_` for the `+` of a version; undefined when there are none. */
export function newestTag(tags: readonly string[]): string | undefined {
  const version = (tag: string): string => valid(chartVersion(tag)) ?? '0.0.0';
  return [...tags].sort((a, b) => rcompare(version(a), version(b)) || (a < b ? 1 : -1))[0];
}

/** The newest tag of a repository. Throws INSTALLER_NOT_READY when the registry has none. */
export async function requireNewestTag(
  registry: RegistryClient,
  repository: string,
  signal?: AbortSignal,
): Promise<string> {
  const tag = await findNewestTag(registry, repository, signal);
  if (tag !== undefined) return tag;
  throw new GlobalctlError('INSTALLER_NOT_READY', {
    message: `registry ${registry.address} has no ${repository}`,
    subject: `${registry.address}/${repository}`,
    hint: 'Check that the Core Package was loaded into the registry completely.',
  });
}

/** undefined when the registry does not have the repository. */
export async function findNewestTag(
  registry: RegistryClient,
  repository: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (!(await registry.listRepositories(signal)).includes(repository)) return undefined;
  return newestTag(await registry.listTags(repository, signal));
}

/** The version of a chart that is kept under a tag: Helm writes `_` for the `+` that tags may not hold. */
export function chartVersion(tag: string): string {
  return tag.replaceAll('_', '+');
}
