import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';
import type { InstallerRequest } from './request.ts';
import { GLOBAL, REGISTRY_AUTH_SECRET } from './payload.ts';

const PROVIDER_RELEASE = /^cluster-api-provider-/;
const DEFAULT_INGRESS_CLASS = 'global-alb2';

export function hasRegistryLogin(request: InstallerRequest): boolean {
  return request.registry.username !== '' && request.registry.password !== '';
}

/** The AppReleases of the providers in the cluster that the installer runs in. */
export async function providerReleases(source: KubeClient, signal?: AbortSignal): Promise<KubeObject[]> {
  const { items } = await source.list(resources.appReleases, { namespace: PLATFORM_NAMESPACE, signal });
  return items.filter((release) => PROVIDER_RELEASE.test(release.metadata.name ?? ''));
}

/**
 * The values that every chart of the platform takes (guide step 3), for the new cluster: its own registry in place of the
 * bootstrap registry. The ingress class is that of the providers' releases.
 */
export function platformValues(request: InstallerRequest, releases: readonly KubeObject[]): Record<string, unknown> {
  const { globalHost } = request.console;
  const classes = releases.map((r) => fieldAt(r, 'spec', 'values', 'global', 'ingress', 'ingressClassName'));
  const ingressClassName = classes.find((c) => typeof c === 'string') ?? DEFAULT_INGRESS_CLASS;
  return {
    global: {
      albName: ingressClassName,
      auth: { default_admin: request.basic.username },
      cluster: { isGlobal: true, name: GLOBAL, networkType: 'kube-ovn', type: 'Baremetal' },
      host: globalHost,
      ingress: { ingressClassName },
      labelBaseDomain: 'cpaas.io',
      namespace: PLATFORM_NAMESPACE,
      platformUrl: `https://${globalHost}`,
      protectSecretFiles: { enabled: false },
      region: GLOBAL,
      registry: registryValues(request),
      replicas: 1,
      scheme: 'https',
    },
  };
}

/** `values.global.registry` for the platform registry. */
export function registryValues(request: InstallerRequest): Record<string, unknown> {
  const address = request.registry.domain;
  return hasRegistryLogin(request) ? { address, imagePullSecrets: [REGISTRY_AUTH_SECRET] } : { address };
}
