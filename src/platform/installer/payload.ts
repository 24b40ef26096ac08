/**
 * Names of what the Core Package brings into the bootstrap registry and the installer puts into the new cluster. The guide
 * names no chart of the platform's own; these are the names under which packages are looked up.
 */
export const payloadCharts = {
  /** AppRelease operator and module controller. */
  baseOperator: { chart: 'ait/chart-base-operator', release: 'base-operator' },
  /** Cluster API core. Left out when the registry does not have it: another chart then brings it. */
  clusterApi: { chart: 'ait/chart-cluster-api', release: 'cluster-api' },
} as const;

/** Charts of the products that a request names: `product: ["base", "acp"]`. */
export function productChart(product: string): string {
  return `acp/chart-${product}`;
}

export const payloadImages = {
  /** An OCI registry; serves plain HTTP or TLS on port 11443 of the node it runs on. */
  registry: 'ait/registry',
} as const;

/** The port of the built-in registry, behind the platform's address. */
export const REGISTRY_PORT = 11443;

/** The Secret with the login of the platform's registry, where it has one. */
export const REGISTRY_AUTH_SECRET = 'global-registry-auth';

/** The name that the Cluster and its infra cluster must have; everything is looked up by it. */
export const GLOBAL = 'global';
