import { resources, type KubeObject } from '../kube/index.ts';
import { kubeadmPackage, platformObject, type ProviderPackage, type SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** Secret with the login of the bootstrap registry; it exists only where that registry wants one. */
export const registryAuthSecret = 'global-registry-auth';

/**
 * The two AppReleases of guide step 3, the kubeadm provider first. `authenticated` says whether they name the pull Secret:
 * both fields or neither (runbook §5).
 */
export function appReleases(site: Site, provider: SupportedProvider, authenticated: boolean): KubeObject[] {
  return [
    appRelease(site, kubeadmPackage, site.versions.kubeadmProvider, authenticated),
    appRelease(site, provider.package, site.versions.infrastructureProvider, authenticated),
  ];
}

function appRelease(site: Site, pack: ProviderPackage, version: string, authenticated: boolean): KubeObject {
  const { bootstrapAddress } = site.bootstrap.registry;
  return platformObject(
    resources.appReleases,
    pack.release,
    {
      spec: {
        destination: { cluster: '', namespace: '' },
        source: {
          ...(authenticated && { chartPullSecret: registryAuthSecret }),
          charts: [{ name: pack.chart, releaseName: pack.release, targetRevision: version }],
          repoURL: bootstrapAddress,
        },
        timeout: 120,
        values: { global: globalValues(site, authenticated) },
      },
    },
    { annotations: { 'auto-recycle': 'true', 'interval-sync': 'true' } },
  );
}

/** Chart values, the same for every provider. `type: Baremetal` classifies node components and says nothing of the IaaS. */
function globalValues(site: Site, authenticated: boolean): Record<string, unknown> {
  const { platform, bootstrap } = site;
  return {
    albName: platform.ingressClassName,
    auth: { default_admin: platform.admin.username },
    cluster: { isGlobal: true, name: 'global', networkType: 'kube-ovn', type: 'Baremetal' },
    host: platform.host,
    ingress: { ingressClassName: platform.ingressClassName },
    labelBaseDomain: 'cpaas.io',
    namespace: 'cpaas-system',
    platformUrl: `https://${platform.host}`,
    protectSecretFiles: { enabled: false },
    region: 'global',
    registry: {
      address: bootstrap.registry.bootstrapAddress,
      ...(authenticated && { imagePullSecrets: [registryAuthSecret] }),
    },
    replicas: 1,
    scheme: 'https',
  };
}
