import type { ProviderPackage } from '../contract.ts';

/** Names that the delivery derives from the provider's id (runbook §5). */
export function providerPackage(id: string): ProviderPackage {
  const release = `cluster-api-provider-${id}`;
  const variable = id.toUpperCase();
  return {
    release,
    chart: `ait/chart-${release}`,
    packVariable: `${variable}_PROVIDER_PACK`,
    versionVariable: `${variable}_PROVIDER_VERSION`,
  };
}

/** The kubeadm provider: installed before every infrastructure provider. */
export const kubeadmPackage = providerPackage('kubeadm');

/** The CRD that the guide awaits first, whatever the infrastructure. */
export const kubeadmCrd = 'kubeadmcontrolplanes.controlplane.cluster.x-k8s.io';

/** Paths of the guide's files for a provider, without the leading slash. */
export function providerFiles(id: string): { appReleases: string; manifest: string; installerRequest: string } {
  return {
    appReleases: `root/yamls/${id}-provider-appreleases.yaml`,
    manifest: 'root/yamls/new-global.yaml',
    installerRequest: `root/yamls/installer-config-${id}.json`,
  };
}
