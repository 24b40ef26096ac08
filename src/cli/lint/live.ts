import {
  apiVersionOf,
  fieldAt,
  HttpKubeClient,
  type KubeApiError,
  isKubeReason,
  loadKubeconfig,
  PLATFORM_NAMESPACE,
  qualifiedName,
  resources,
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

/** What an account may see of a cluster. */
export interface LiveObjects {
  readonly objects: readonly PlacedObject[];
  readonly gaps: readonly LiveGap[];
}

/** A kind that the account may not list. */
export interface LiveGap {
  readonly kind: string;
  /** `secrets`, or with its group, as a role names it. */
  readonly resource: string;
  /** The namespace in which it may not be listed; undefined when in none. */
  readonly namespace: string | undefined;
  /** The namespace in which it may be listed all the same. */
  readonly seenIn?: string;
}

/**
 * The objects of a cluster that people wrote, Secrets and ConfigMaps from the namespaces of its Clusters. They have no place in a
 * text; findings name the object and its field. Kinds that the account may not list are gaps; when it sees no object of Cluster API
 * because of them, the API server's answer is thrown. Reads only.
 */
export async function liveObjects(app: App, { kubeconfig, context }: LiveFlags): Promise<LiveObjects> {
  const access = await loadKubeconfig(kubeconfig ?? defaultKubeconfig(app), context);
  const client = new HttpKubeClient(access);
  try {
    const reader = new Reader(client, app.signal);
    const objects = (await Promise.all(everywhere.map((resource) => reader.listAnywhere(resource)))).flat();
    if (reader.refusal && objects.length === 0) throw reader.refusal;
    const namespaces = new Set([PLATFORM_NAMESPACE, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])]);
    for (const namespace of namespaces) {
      const lists = await Promise.all(beside.map((resource) => reader.list(resource, namespace)));
      objects.push(...lists.flat().filter(isWritten));
    }
    return {
      objects: objects.map((object) => ({
        object,
        origin: 'live',
        placeOf: () => undefined,
        snippetOf: () => undefined,
      })),
      gaps: reader.gaps,
    };
  } finally {
    await client.close();
  }
}

function defaultKubeconfig({ env }: App): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(':');
  return first === undefined || first === '' ? `${env['HOME'] ?? ''}/.kube/config` : first;
}

/** Lists what an account may list, and keeps what it may not. */
class Reader {
  readonly gaps: LiveGap[] = [];
  /** The last answer that refused a list. */
  refusal: KubeApiError | undefined;
  readonly #client: HttpKubeClient;
  readonly #signal: AbortSignal;

  constructor(client: HttpKubeClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** In all namespaces; where only a role of the platform's namespace allows it, in that one. */
  async listAnywhere(resource: Resource): Promise<KubeObject[]> {
    const all = await this.#tryList(resource, undefined);
    if (all) return all;
    const own = resource.namespaced ? await this.#tryList(resource, PLATFORM_NAMESPACE) : undefined;
    this.#note(resource, { namespace: undefined, ...(own && { seenIn: PLATFORM_NAMESPACE }) });
    return own ?? [];
  }

  async list(resource: Resource, namespace: string): Promise<KubeObject[]> {
    const found = await this.#tryList(resource, namespace);
    if (!found) this.#note(resource, { namespace });
    return found ?? [];
  }

  #note(resource: Resource, gap: Omit<LiveGap, 'kind' | 'resource'>): void {
    this.gaps.push({ kind: resource.kind, resource: qualifiedName(resource), ...gap });
  }

  /** Lists leave out the type of their items. A kind that the cluster does not have has no objects; undefined when refused. */
  async #tryList(resource: Resource, namespace: string | undefined): Promise<KubeObject[] | undefined> {
    try {
      const { items } = await this.#client.list(resource, { namespace, signal: this.#signal });
      return items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind }));
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return [];
      if (!isKubeReason(error, 'Forbidden')) throw error;
      if (!(await this.#isServed(resource))) return [];
      this.refusal = error;
      return undefined;
    }
  }

  /** Whether the cluster has the kind at all: who may list is asked before that, and the kinds of other providers are not there. */
  async #isServed({ group, version, plural }: Resource): Promise<boolean> {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    try {
      const answer = await this.#client.request('GET', path, { signal: this.#signal });
      const served = fieldAt(answer, 'resources');
      return !Array.isArray(served) || served.some((entry) => fieldAt(entry, 'name') === plural);
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return false;
      if (isKubeReason(error, 'Forbidden')) return true;
      throw error;
    }
  }
}

function isWritten({ kind, metadata, ...rest }: KubeObject): boolean {
  if (kind === 'Secret') return !machineMade.test(String(rest['type'])) && metadata.name !== undefined;
  return metadata.name !== 'kube-root-ca.crt';
}
