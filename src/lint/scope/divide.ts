import { fieldAt } from '../../kube/index.ts';
import { INSTALLER_REQUEST, isRecord, NAME_PREFIX, CLUSTER_NAME, type PlacedObject } from '../../providers/index.ts';
import { nearestName } from '../../site/index.ts';
import {
  chooseGlobal,
  isNearGlobal,
  type ClusterMembers,
  type GlobalHints,
  type SignStrength,
} from './choose-global.ts';
import { ObjectGraph } from './object-graph.ts';
import { fileOf, isClusterApi } from './references.ts';

/** The objects of one cluster, or of none. */
export interface Division {
  readonly role: 'global' | 'workload' | 'none';
  readonly name: string | undefined;
  readonly root: PlacedObject | undefined;
  readonly because: string;
  /** How sure it is that the cluster is meant to be global. */
  readonly strength?: SignStrength;
  /** In the order of the run. */
  readonly objects: readonly PlacedObject[];
}

class Members implements ClusterMembers {
  readonly name: string;
  readonly root: PlacedObject | undefined;
  readonly members: Set<PlacedObject>;

  constructor(name: string, root?: PlacedObject) {
    this.name = name;
    this.root = root;
    this.members = new Set(root ? [root] : []);
  }
}

/** What an installation of `global` consists of beside its Cluster API objects. */
const installationKinds = new Set(['AppRelease', INSTALLER_REQUEST, 'ModuleInfo']);
const installationNames = new Set(['ConfigMap/dcs-import-extra-resources', 'Secret/encryption-provider-config']);

/**
 * Divides the objects of a run by the cluster that they belong to: what a Cluster's references lead to, what names the cluster,
 * what its prefix claims. An object that several clusters lead to belongs to each. `global` comes first, the objects of no cluster last.
 */
export function divideByCluster(objects: readonly PlacedObject[], hints: GlobalHints = {}): Division[] {
  const graph = new ObjectGraph(objects);
  const clusters = objects
    .filter((placed) => placed.object.kind === 'Cluster' && isClusterApi(placed))
    .map((root) => new Members(String(root.object.metadata.name), root));
  attachNamed(graph, clusters);
  for (const cluster of clusters) extend(graph, cluster);
  attachResourceSets(graph, clusters);
  attachByPrefix(graph, clusters, hints);

  const globals = chooseGlobal(clusters, hints);
  const rest = unattached(graph, clusters);
  const installation = rest.filter(belongsToInstallation);
  const home = clusters.find((cluster) => globals.has(cluster));
  if (home) for (const placed of installation) home.members.add(placed);
  attachByFile(graph, clusters);

  const ordered = (members: ReadonlySet<PlacedObject>): PlacedObject[] =>
    objects.filter((placed) => members.has(placed));
  const divisions = clusters.map((cluster): Division => {
    const sign = globals.get(cluster);
    const { name, root, members } = cluster;
    return {
      role: sign ? 'global' : 'workload',
      name,
      root,
      ...(sign ?? { because: 'nothing shows that it is meant to be global' }),
      objects: ordered(members),
    };
  });
  if (!home && installation.length > 0)
    divisions.push({
      role: 'global',
      name: undefined,
      root: undefined,
      because: 'only the installation of global has such objects',
      objects: installation,
    });
  const taken = new Set(divisions.flatMap((division) => division.objects));
  const orphans = objects.filter((placed) => !taken.has(placed));
  if (orphans.length > 0)
    divisions.push({
      role: 'none',
      name: undefined,
      root: undefined,
      because: 'no cluster leads to them',
      objects: orphans,
    });
  return divisions.sort((a, b) => rank(a) - rank(b));
}

function rank({ role }: Division): number {
  return ['global', 'workload', 'none'].indexOf(role);
}

function extend(graph: ObjectGraph, cluster: Members): void {
  for (const placed of graph.reach(cluster.members)) cluster.members.add(placed);
}

function unattached(graph: ObjectGraph, clusters: readonly Members[]): PlacedObject[] {
  return graph.objects.filter((placed) => !clusters.some(({ members }) => members.has(placed)));
}

/** Machines name their cluster. A name that no Cluster has makes a cluster without a root, or is a slip of the only near one. */
function attachNamed(graph: ObjectGraph, clusters: Members[]): void {
  for (const placed of graph.objects) {
    if (placed.object.kind === 'Cluster') continue;
    const named = graph.referencesOf(placed).find(({ kind }) => kind === 'Cluster');
    if (!named) continue;
    const { name } = named;
    const exact = clusters.filter((cluster) => cluster.name === name && sameNamespace(cluster, placed));
    const targets = exact.length > 0 ? exact : clusters.filter((cluster) => cluster.name === name);
    const near = targets.length > 0 ? targets : nearClusters(name, placed, clusters);
    if (near.length > 0) for (const cluster of near) cluster.members.add(placed);
    else {
      const rootless = new Members(name);
      rootless.members.add(placed);
      clusters.push(rootless);
    }
  }
}

function sameNamespace({ root }: Members, { object }: PlacedObject): boolean {
  return root?.object.metadata.namespace === object.metadata.namespace;
}

/** The name may be a slip, or was left from an example: then it stands in the file of the only Cluster. */
function nearClusters(name: string, placed: PlacedObject, clusters: readonly Members[]): Members[] {
  const rooted = clusters.filter(({ root }) => root !== undefined);
  const [only, ...others] = rooted;
  if (
    only &&
    others.length === 0 &&
    (fileOf(only.root) === fileOf(placed) || nearestName(name, [only.name]) !== undefined)
  )
    return [only];
  return isNearGlobal(name) ? rooted.filter((cluster) => isNearGlobal(cluster.name)) : [];
}

/** A set goes to the clusters whose labels it selects; one that selects none is the only cluster's. */
function attachResourceSets(graph: ObjectGraph, clusters: readonly Members[]): void {
  for (const placed of graph.objects) {
    if (placed.object.kind !== 'ClusterResourceSet') continue;
    const wanted = fieldAt(placed.object, 'spec', 'clusterSelector', 'matchLabels');
    const selected = clusters.filter(({ root }) => {
      const labels = root?.object.metadata.labels;
      return (
        isRecord(wanted) && isRecord(labels) && Object.entries(wanted).every(([key, value]) => labels[key] === value)
      );
    });
    for (const cluster of selected.length > 0 ? selected : clusters.length === 1 ? clusters : []) {
      cluster.members.add(placed);
      extend(graph, cluster);
    }
  }
}

/** Objects of Cluster API that nothing leads to: by the cluster's name in front of theirs, else they are the only cluster's. */
function attachByPrefix(graph: ObjectGraph, clusters: Members[], hints: GlobalHints): void {
  const rest = unattached(graph, clusters).filter(isClusterApi);
  const meant = hints.cluster ?? CLUSTER_NAME;
  for (const placed of rest) {
    const name = String(placed.object.metadata.name);
    const byName = clusters
      .filter((cluster) => name === cluster.name || name.startsWith(`${cluster.name}-`))
      .sort((a, b) => b.name.length - a.name.length)[0];
    const [only, ...others] = clusters;
    const cluster = byName ?? (others.length === 0 ? only : undefined);
    if (cluster) cluster.members.add(placed);
    else if (name === CLUSTER_NAME || name.startsWith(NAME_PREFIX) || (clusters.length === 0 && isDeclared(hints))) {
      const rootless = new Members(meant);
      rootless.members.add(placed);
      clusters.push(rootless);
    }
  }
  for (const cluster of clusters) extend(graph, cluster);
}

function isDeclared({ site, cluster }: GlobalHints): boolean {
  return site !== undefined || cluster !== undefined;
}

function belongsToInstallation({ object }: PlacedObject): boolean {
  const { kind, metadata } = object;
  const name = String(metadata.name);
  if (installationKinds.has(kind) || installationNames.has(`${kind}/${name}`)) return true;
  return (kind === 'Secret' || kind === 'ConfigMap') && name.startsWith(NAME_PREFIX);
}

/** Whatever else stands in the file of exactly one cluster is part of its manifest, as an entry of a release manifest is. */
function attachByFile(graph: ObjectGraph, clusters: readonly Members[]): void {
  const rooted = clusters.filter(({ root }) => root !== undefined);
  for (const placed of unattached(graph, clusters)) {
    const file = fileOf(placed);
    const [only, ...others] = rooted.filter(({ root }) => file !== undefined && fileOf(root) === file);
    if (only && others.length === 0) only.members.add(placed);
  }
}
