import { isDeepStrictEqual } from 'node:util';
import { isKubeReason, resources } from '../../../kube/index.ts';
import {
  annotations,
  cloneTemplate,
  controllerOf,
  controllerReference,
  ensureOwner,
  findReferenced,
  labels,
  ownerReference,
  saveChanges,
  type Cluster,
  type ControllerEnvironment,
  type InfrastructureMachine,
  type KubeadmConfig,
  type KubeadmConfigSpec,
  type KubeadmControlPlane,
  type Machine,
} from '../kit/index.ts';

/** The machines of a control plane, oldest first. References to it are renewed where its uid changed. */
export async function listControlPlaneMachines(
  environment: ControllerEnvironment,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
): Promise<Machine[]> {
  const { client, signal } = environment;
  const { namespace, name } = controlPlane.metadata;
  const { items } = await client.list<Machine>(resources.machines, {
    namespace,
    labelSelector: `${labels.clusterName}=${cluster.metadata.name ?? ''},${labels.controlPlane}`,
    signal,
  });
  const mine: Machine[] = [];
  for (const machine of items) {
    const owner = controllerOf(machine);
    if (owner && (owner.kind !== 'KubeadmControlPlane' || owner.name !== name)) continue;
    const after = structuredClone(machine);
    ensureOwner(after, controllerReference(controlPlane));
    mine.push(await saveChanges(client, resources.machines, machine, after));
  }
  const born = (m: Machine): string => `${m.metadata.creationTimestamp ?? ''} ${m.metadata.name ?? ''}`;
  return mine.sort((a, b) => (born(a) < born(b) ? -1 : 1));
}

/** What a machine's KubeadmConfig holds: the first machine initializes, every other joins. */
function configFor(spec: KubeadmConfigSpec, initializing: boolean): KubeadmConfigSpec {
  const copy = structuredClone(spec);
  if (initializing) delete copy.joinConfiguration;
  else {
    delete copy.initConfiguration;
    copy.joinConfiguration ??= {};
  }
  return copy;
}

/** Creates infrastructure machine, KubeadmConfig and Machine, all of one name. Returns that name. */
export async function createControlPlaneMachine(
  environment: ControllerEnvironment,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
  options: { readonly initializing: boolean; readonly ordinal: number },
): Promise<string> {
  const { client, random, signal } = environment;
  const { namespace = '', name: controlPlaneName = '' } = controlPlane.metadata;
  const clusterName = cluster.metadata.name ?? '';
  const { machineTemplate, version, kubeadmConfigSpec } = controlPlane.spec;
  let attempt = 0;
  let name: string;
  // Not by uid, which is another one in every run: the same seed gives the same machines.
  do
    name = `${controlPlaneName}-${random.suffix(5, 'machine', namespace, controlPlaneName, options.ordinal, attempt++)}`;
  while (await client.find(resources.machines, { name, namespace }, signal));
  const machineLabels = {
    ...machineTemplate.metadata?.labels,
    [labels.clusterName]: clusterName,
    [labels.controlPlane]: '',
    [labels.controlPlaneName]: controlPlaneName,
  };
  const machineAnnotations = { ...machineTemplate.metadata?.annotations };
  const infrastructureRef = await cloneTemplate(environment, {
    template: machineTemplate.infrastructureRef,
    namespace,
    name,
    clusterName,
    labels: machineLabels,
    annotations: machineAnnotations,
    owner: ownerReference(controlPlane),
  });
  const config: KubeadmConfig = {
    apiVersion: 'bootstrap.cluster.x-k8s.io/v1beta1',
    kind: 'KubeadmConfig',
    metadata: {
      name,
      namespace,
      labels: machineLabels,
      annotations: machineAnnotations,
      ownerReferences: [ownerReference(controlPlane)],
    },
    spec: configFor(kubeadmConfigSpec, options.initializing),
  };
  if (!(await client.find(resources.kubeadmConfigs, { name, namespace }, signal)))
    await client.create(resources.kubeadmConfigs, config, { signal });
  const { nodeDrainTimeout, nodeDeletionTimeout, nodeVolumeDetachTimeout, taints } = machineTemplate;
  const machine: Machine = {
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'Machine',
    metadata: {
      name,
      namespace,
      labels: machineLabels,
      annotations: {
        ...machineAnnotations,
        [annotations.kubeadmClusterConfiguration]: JSON.stringify(kubeadmConfigSpec.clusterConfiguration ?? {}),
      },
      ownerReferences: [controllerReference(controlPlane)],
    },
    spec: {
      clusterName,
      version,
      bootstrap: { configRef: { apiVersion: config.apiVersion, kind: config.kind, name, namespace } },
      infrastructureRef,
      ...(nodeDrainTimeout !== undefined && { nodeDrainTimeout }),
      ...(nodeDeletionTimeout !== undefined && { nodeDeletionTimeout }),
      ...(nodeVolumeDetachTimeout !== undefined && { nodeVolumeDetachTimeout }),
      ...(taints && { taints }),
    },
  };
  await client.create(resources.machines, machine, { signal });
  return name;
}

export async function deleteMachine(environment: ControllerEnvironment, machine: Machine): Promise<void> {
  const { name = '', namespace } = machine.metadata;
  try {
    await environment.client.delete(resources.machines, { name, namespace });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
  }
}

/** Whether a machine was made from what the control plane says now; the reason when not. */
export async function outdatedBecause(
  environment: ControllerEnvironment,
  controlPlane: KubeadmControlPlane,
  machine: Machine,
): Promise<string | undefined> {
  const { version, machineTemplate, kubeadmConfigSpec } = controlPlane.spec;
  if (machine.spec.version !== version)
    return `Machine version "${machine.spec.version ?? ''}" is not equal to KCP version "${version}"`;
  const { namespace, annotations: machineAnnotations = {} } = machine.metadata;
  const infrastructure = await findReferenced<InfrastructureMachine>(
    environment,
    machine.spec.infrastructureRef,
    namespace,
  );
  const clonedFrom = infrastructure?.metadata.annotations?.[annotations.clonedFromName];
  // Machines that came by another way carry no mark of their template and are left alone.
  if (clonedFrom !== undefined && clonedFrom !== machineTemplate.infrastructureRef.name)
    return `Infrastructure template on KCP rotated from ${clonedFrom} to ${machineTemplate.infrastructureRef.name}`;
  const stated = machineAnnotations[annotations.kubeadmClusterConfiguration];
  if (stated !== undefined && !isDeepStrictEqual(JSON.parse(stated), kubeadmConfigSpec.clusterConfiguration ?? {}))
    return 'Machine ClusterConfiguration is outdated';
  const { name: configName } = machine.spec.bootstrap.configRef ?? {};
  const config =
    configName === undefined
      ? undefined
      : await environment.client.find<KubeadmConfig>(
          resources.kubeadmConfigs,
          { name: configName, namespace },
          environment.signal,
        );
  if (config && !sameConfig(config.spec ?? {}, kubeadmConfigSpec)) return 'Machine KubeadmConfig is outdated';
  return undefined;
}

function sameConfig(machine: KubeadmConfigSpec, wanted: KubeadmConfigSpec): boolean {
  const initializing = machine.initConfiguration !== undefined || machine.joinConfiguration === undefined;
  const strip = ({ clusterConfiguration: _, ...rest }: KubeadmConfigSpec): unknown => rest;
  return isDeepStrictEqual(strip(machine), strip(configFor(wanted, initializing)));
}
