import {
  HttpKubeClient,
  isKubeReason,
  loadKubeconfig,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import { supportedProviders, type PlacedObject } from '../../providers/index.ts';
import type { App } from '../app.ts';

export interface LiveFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What people write; machines, machine sets and kubeadm configs are made from it by controllers. */
const everywhere: readonly Resource[] = [
  resources.clusters,
  resources.kubeadmControlPlanes,
  resources.machineDeployments,
  resources.kubeadmConfigTemplates,
  resources.machineHealthChecks,
  resources.clusterResourceSets,
  ...supportedProviders.flatMap(({ kinds }) => [kinds.cluster, kinds.machineTemplate, kinds.pool]),
  resources.vsphereFailureDomains,
  resources.vsphereDeploymentZones,
];

const beside: readonly Resource[] = [resources.secrets, resources.configMaps, resources.appReleases];

/** Types of Secrets that controllers and Helm write. */
const machineMade = /^(?:cluster\.x-k8s\.io\/|helm\.sh\/|kubernetes\.io\/service-account-token$)/;

/**
 * The objects of a cluster that people wrote, Secrets and ConfigMaps from the namespaces of its Clusters. They have no place in a
 * text; findings name the object and its field. Reads only.
 */
export async function liveObjects(app: App, { kubeconfig, context }: LiveFlags): Promise<PlacedObject[]> {
  const access = await loadKubeconfig(kubeconfig ?? defaultKubeconfig(app), context);
  const client = new HttpKubeClient(access);
  try {
    const objects = await listAll(client, everywhere, undefined, app.signal);
    const namespaces = new Set([PLATFORM_NAMESPACE, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])]);
    for (const namespace of namespaces)
      objects.push(...(await listAll(client, beside, namespace, app.signal)).filter(isWritten));
    return objects.map((object) => ({
      object,
      origin: 'live',
      placeOf: () => undefined,
      snippetOf: () => undefined,
    }));
  } finally {
    await client.close();
  }
}

function defaultKubeconfig({ env }: App): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(':');
  return first === undefined || first === '' ? `${env['HOME'] ?? ''}/.kube/config` : first;
}

async function listAll(
  client: KubeClient,
  kinds: readonly Resource[],
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const lists = await Promise.all(kinds.map((resource) => listed(client, resource, namespace, signal)));
  return lists.flat();
}

/** Lists leave out the type of their items. A kind that the cluster does not have has no objects. */
async function listed(
  client: KubeClient,
  resource: Resource,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const { group, version, kind } = resource;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  try {
    const { items } = await client.list(resource, { namespace, signal });
    return items.map((item) => ({ ...item, apiVersion, kind }));
  } catch (error) {
    if (isKubeReason(error, 'NotFound')) return [];
    throw error;
  }
}

function isWritten({ kind, metadata, ...rest }: KubeObject): boolean {
  if (kind === 'Secret') return !machineMade.test(String(rest['type'])) && metadata.name !== undefined;
  return metadata.name !== 'kube-root-ca.crt';
}
