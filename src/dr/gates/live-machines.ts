import {
  fieldAt,
  GlobalOwnership,
  isKubeReason,
  resources,
  textAt,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { PlacedObject, SupportedProvider } from '../../providers/index.ts';

/** A machine as a side has it now. */
export interface LiveMachine {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The cluster that it is a node of. */
  readonly cluster: string;
  readonly phase: string;
  /** Marked as deleted; its virtual machine goes as soon as a provider works on it. */
  readonly deleting: boolean;
  /** Names the virtual machine: `dcs://global-kcp-abcde`. */
  readonly providerID: string | undefined;
  /** How the mechanism of disaster recovery takes it. */
  readonly seenAs: 'global' | 'workload';
}

export interface LiveView {
  readonly machines: readonly LiveMachine[];
  /** What people write: clusters, control planes, deployments, templates, pools. */
  readonly written: readonly PlacedObject[];
  /** Machines of the platform's own records (machines.platform.tkestack.io) that do not run. */
  readonly platformTrouble: readonly string[];
}

const platformMachines: Resource = {
  group: 'platform.tkestack.io',
  version: 'v1',
  kind: 'Machine',
  plural: 'machines',
  namespaced: false,
};

/** What a side has of Cluster API and its provider, in all namespaces. Kinds that are not served are empty. */
export async function readLive(
  client: KubeClient,
  provider: SupportedProvider,
  signal: AbortSignal,
): Promise<LiveView> {
  const list = async (resource: Resource): Promise<KubeObject[]> => {
    try {
      return (await client.list(resource, { signal })).items;
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return [];
      throw error;
    }
  };
  const { kinds } = provider;
  const written = await Promise.all(
    [
      resources.clusters,
      resources.kubeadmControlPlanes,
      resources.machineDeployments,
      resources.kubeadmConfigTemplates,
      kinds.cluster,
      kinds.machineTemplate,
      kinds.pool,
    ].map(list),
  );
  const [machineSets, machines, ofPlatform] = await Promise.all([
    list(resources.machineSets),
    list(resources.machines),
    list(platformMachines),
  ]);
  const objects = written.flat();
  const ownership = new Map<string, GlobalOwnership>();
  for (const object of [...objects, ...machineSets, ...machines]) {
    const namespace = object.metadata.namespace ?? '';
    const known = ownership.get(namespace) ?? new GlobalOwnership();
    known.set(object);
    ownership.set(namespace, known);
  }
  return {
    machines: machines.map((machine) => ({
      namespace: machine.metadata.namespace ?? '',
      name: machine.metadata.name ?? '',
      uid: machine.metadata.uid ?? '',
      cluster: textAt(machine, 'spec', 'clusterName') ?? '',
      phase: textAt(machine, 'status', 'phase') ?? 'Pending',
      deleting: machine.metadata.deletionTimestamp !== undefined,
      providerID: textAt(machine, 'spec', 'providerID'),
      seenAs: ownership.get(machine.metadata.namespace ?? '')?.seenAs(machine).as ?? 'workload',
    })),
    written: objects.map((object) => ({
      object,
      origin: 'live',
      placeOf: () => undefined,
      snippetOf: () => undefined,
    })),
    platformTrouble: ofPlatform
      .filter((machine) => fieldAt(machine, 'status', 'phase') !== 'Running')
      .map((machine) => `${machine.metadata.name ?? '?'} (${textAt(machine, 'status', 'phase') ?? 'no phase'})`),
  };
}
