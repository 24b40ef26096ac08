import { fieldAt, type KubeClient } from '../../kube/index.ts';
import { clusterBlockFault, findGlobalCluster, needsClusterBlock } from './phases/find-cluster.ts';
import type { InstallerRequest, RequestFault } from './request.ts';

const REGISTRY_PORT = 11443;

/**
 * Faults that only show beside the place: the bootstrap registry named as the platform's, and what `Cluster/global` and its infra
 * cluster say otherwise; and the address of the control plane that the infra cluster names. Nothing is said of objects that cannot be read yet: the first phase looks at them again.
 */
export async function lookAtPlace(options: {
  readonly request: InstallerRequest;
  readonly client: KubeClient;
  readonly bootstrapRegistry: string;
  readonly signal: AbortSignal;
}): Promise<{ readonly faults: RequestFault[]; readonly vips: readonly string[] }> {
  const { request, client, bootstrapRegistry, signal } = options;
  const faults: RequestFault[] = [];
  const bootstrap = [request.hostIP, '127.0.0.1', 'localhost'].map((host) => `${host}:${String(REGISTRY_PORT)}`);
  if ([bootstrapRegistry, ...bootstrap].includes(request.registry.domain))
    faults.push({ pointer: '/registry/domain', message: 'is the bootstrap registry; it must be the platform’s own' });
  const found = await findGlobalCluster(client, signal).catch(() => undefined);
  faults.push(...consoleHostFaults(request, found && needsClusterBlock(found.infra.kind)));
  if (found === undefined) return { faults, vips: [] };

  const endpoint = (field: string): unknown => fieldAt(found.infra, 'spec', 'controlPlaneEndpoint', field);
  const host = endpoint('host');
  const vips = typeof host === 'string' && host !== '' ? [host] : [];
  const block = clusterBlockFault(found.infra.kind, request);
  if (block !== undefined) faults.push({ pointer: '/cluster', message: block });
  if (block !== undefined || request.cluster === undefined) return { faults, vips };
  const { clusterCIDR, serviceCIDR, features } = request.cluster;
  const unlike = (pointer: string, value: string | number, present: unknown, where: string): void => {
    if (present !== undefined && present !== value)
      faults.push({ pointer, message: `is not what ${where} says: ${JSON.stringify(present)}` });
  };
  const network = (kind: string): unknown => {
    const blocks = fieldAt(found.cluster, 'spec', 'clusterNetwork', kind, 'cidrBlocks');
    return Array.isArray(blocks) && blocks.length > 0 ? blocks.join(',') : undefined;
  };
  unlike('/cluster/clusterCIDR', clusterCIDR, network('pods'), 'Cluster global, spec.clusterNetwork.pods');
  unlike('/cluster/serviceCIDR', serviceCIDR, network('services'), 'Cluster global, spec.clusterNetwork.services');
  const where = `${found.infra.kind} global, spec.controlPlaneEndpoint`;
  unlike('/cluster/features/ha/vip', features.ha.vip, vips[0], where);
  unlike('/cluster/features/ha/vport', features.ha.vport, endpoint('port') === 0 ? undefined : endpoint('port'), where);
  return { faults, vips };
}

/** Guide step 8: the console's hosts hold the VIP exactly where the request carries it. */
function consoleHostFaults(request: InstallerRequest, carriesVip = request.cluster !== undefined): RequestFault[] {
  const { host } = request.console;
  const pointer = '/console/host';
  if (!carriesVip && host.length > 0)
    return [{ pointer, message: 'must be empty: the endpoint of the control plane is in the manifest' }];
  const vip = request.cluster?.features.ha.vip;
  return carriesVip && vip !== undefined && !host.includes(vip)
    ? [{ pointer, message: 'must contain cluster.features.ha.vip' }]
    : [];
}
