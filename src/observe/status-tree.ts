import { conditionOf, conditionsOf, fieldAt, type Condition, type KubeObject } from '../kube/index.ts';
import { identity, type Inventory } from './inventory.ts';

/** One line of the status tree. */
export interface StatusNode {
  readonly object: KubeObject;
  /** `Cluster`, or the role it plays: `ControlPlane`, `Infrastructure`, `Workers`. */
  readonly role?: string;
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly phase?: string;
  /** The first condition that is not true, if any. */
  readonly blocking?: Condition;
  readonly children: readonly StatusNode[];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The object's conditions with those that sum up the others (Ready, Available) last: causes before their summary. */
export function firstNotTrue(object: KubeObject): Condition | undefined {
  const summaries = new Set(['Ready', 'Available']);
  const conditions = conditionsOf(object).filter((c) => c.status !== 'True' && c.severity !== 'Info');
  return conditions.find((c) => !summaries.has(c.type)) ?? conditions[0];
}

function readiness(object: KubeObject): 'True' | 'False' | 'Unknown' {
  const ready = conditionOf(object, 'Ready')?.status;
  if (ready !== undefined) return ready;
  const flag = fieldAt(object, 'status', 'ready');
  return typeof flag === 'boolean' ? (flag ? 'True' : 'False') : 'Unknown';
}

function node(object: KubeObject, children: readonly StatusNode[], role?: string): StatusNode {
  const phase = text(fieldAt(object, 'status', 'phase'));
  const blocking = firstNotTrue(object);
  return {
    object,
    ...(role !== undefined && { role }),
    ready: readiness(object),
    ...(phase !== undefined && { phase }),
    ...(blocking && { blocking }),
    children,
  };
}

/** The tree that people know from Cluster API: Cluster, its infrastructure, its control plane, its workers, their machines. */
export function buildStatusTree(inventory: Inventory): StatusNode[] {
  const byIdentity = new Map<string, KubeObject>();
  for (const list of [inventory.infrastructure, inventory.controlPlanes, inventory.bootstrapConfigs])
    for (const object of list) byIdentity.set(identity(object), object);
  const referenced = (object: KubeObject, ...path: string[]): KubeObject | undefined => {
    const ref = fieldAt(object, ...path);
    const kind = text(fieldAt(ref, 'kind')) ?? '';
    const name = text(fieldAt(ref, 'name')) ?? '';
    return byIdentity.get(`${kind} ${object.metadata.namespace ?? ''}/${name}`);
  };
  const machineNode = (machine: KubeObject): StatusNode => {
    const children = [
      referenced(machine, 'spec', 'bootstrap', 'configRef'),
      referenced(machine, 'spec', 'infrastructureRef'),
    ].filter((o): o is KubeObject => o !== undefined);
    return node(
      machine,
      children.map((o) => node(o, [])),
    );
  };
  const machinesOf = (cluster: string, label: string, value?: string): StatusNode[] =>
    inventory.machines
      .filter((m) => {
        const labels = m.metadata.labels ?? {};
        if (labels['cluster.x-k8s.io/cluster-name'] !== cluster) return false;
        return value === undefined ? label in labels : labels[label] === value;
      })
      .sort((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''))
      .map(machineNode);

  return inventory.clusters.map((cluster) => {
    const name = cluster.metadata.name ?? '';
    const infrastructure = referenced(cluster, 'spec', 'infrastructureRef');
    const controlPlane = referenced(cluster, 'spec', 'controlPlaneRef');
    const workers = inventory.machineDeployments.filter((d) => fieldAt(d, 'spec', 'clusterName') === name);
    return node(cluster, [
      ...(infrastructure ? [node(infrastructure, [], 'Infrastructure')] : []),
      ...(controlPlane ? [node(controlPlane, machinesOf(name, 'cluster.x-k8s.io/control-plane'), 'ControlPlane')] : []),
      ...workers.map((d) =>
        node(d, machinesOf(name, 'cluster.x-k8s.io/deployment-name', d.metadata.name ?? ''), 'Workers'),
      ),
    ]);
  });
}
