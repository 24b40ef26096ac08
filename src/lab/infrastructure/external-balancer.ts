import { isIP } from 'node:net';
import { resources } from '../../kube/index.ts';
import { beingDeleted, labels, type Cluster, type Machine } from '../capi/index.ts';
import { GLOBAL_PORTS } from '../machines/index.ts';
import type { ProviderEnvironment } from './provider-environment.ts';

/**
 * The balancer that the owner of the site has in front of the control plane: all ports of the guide, with the control plane
 * nodes of the cluster as backends, kept up to date. Nothing happens when the endpoint is a node's own address (the layout
 * with one node). Idempotent.
 */
export async function externalBalancer(
  environment: ProviderEnvironment,
  cluster: Cluster,
  host: string,
): Promise<void> {
  const { iaas } = environment;
  const backends = await controlPlaneAddresses(environment, cluster);
  if (backends.includes(host)) return;
  const balancer = iaas.ensureBalancer(host, controlPlaneBackends(environment, cluster, [host]));
  for (const port of GLOBAL_PORTS) balancer.listen(port);
}

export function releaseBalancer(environment: ProviderEnvironment, host: string | undefined): void {
  if (host !== undefined) environment.iaas.deleteBalancer(host);
}

/**
 * Addresses of the control plane nodes that run, of the cluster of this name that has one of `endpointHosts` as its endpoint;
 * read anew at each call.
 */
export function controlPlaneBackends(
  environment: ProviderEnvironment,
  cluster: Cluster,
  endpointHosts: readonly string[],
): () => readonly string[] {
  const { name } = cluster.metadata;
  const { clusters } = environment.iaas;
  return () =>
    clusters
      .all()
      .filter((formed) => formed.cluster.name === name && endpointHosts.includes(formed.endpointHost))
      .flatMap((formed) => [...formed.controlPlane.values()]);
}

async function controlPlaneAddresses(environment: ProviderEnvironment, cluster: Cluster): Promise<string[]> {
  const { items } = await environment.client.list<Machine>(resources.machines, {
    namespace: cluster.metadata.namespace,
    labelSelector: `${labels.clusterName}=${cluster.metadata.name ?? ''},${labels.controlPlane}`,
    signal: environment.signal,
  });
  return items
    .filter((m) => !beingDeleted(m))
    .flatMap((m) => (m.status?.addresses ?? []).map((a) => a.address))
    .filter((a) => isIP(a) !== 0);
}
