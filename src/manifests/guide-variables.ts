import type { SupportedProvider } from '../providers/index.ts';
import type { Site } from '../site/index.ts';

/** The variables of guide steps 1 and 3 as the site has them; a base manifest may use them as `${NAME}`. */
export function guideVariables(site: Site, provider: SupportedProvider): Readonly<Record<string, string>> {
  return {
    HOST_IP: site.bootstrap.hostIP,
    LOCAL_REGISTRY_ADDRESS: site.bootstrap.registry.localAddress,
    BOOTSTRAP_REGISTRY_ADDRESS: site.bootstrap.registry.bootstrapAddress,
    NODE_REGISTRY_ADDRESS: site.bootstrap.registry.nodeAddress,
    CONTROL_PLANE_VIP: site.network.controlPlaneVIP,
    PLATFORM_HOST: site.platform.host,
    REGISTRY_DOMAIN: site.platform.registryDomain,
    CLUSTER_CIDR: site.network.podCIDR,
    SERVICE_CIDR: site.network.serviceCIDR,
    K8S_VERSION: site.versions.kubernetes,
    INGRESS_CLASS_NAME: site.platform.ingressClassName,
    KUBE_OVN_JOIN_CIDR: site.network.joinCIDR,
    KUBEADM_PROVIDER_VERSION: site.versions.kubeadmProvider,
    [provider.package.versionVariable]: site.versions.infrastructureProvider,
    HCS_SECRET_NAME: provider.credentialSecretName(site),
    PROVIDER_SECRET_NAME: provider.credentialSecretName(site),
    ...(site.dr && {
      PRIMARY_CLUSTER_VIP: site.dr.primaryVIP,
      STANDBY_CLUSTER_VIP: site.dr.standbyVIP,
      ...(site.dr.etcdSyncVersion !== undefined && { ETCD_SYNC_VERSION: site.dr.etcdSyncVersion }),
    }),
  };
}

const variable = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/** `value` with every known variable filled in, at any depth; unknown ones stay for the rule that finds them. */
export function fillVariables<T>(value: T, variables: Readonly<Record<string, string>>): T {
  return fill(value, variables) as T;
}

function fill(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.includes('${') ? value.replace(variable, (whole, name: string) => variables[name] ?? whole) : value;
  if (Array.isArray(value)) return value.map((item) => fill(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, variables)]));
}
