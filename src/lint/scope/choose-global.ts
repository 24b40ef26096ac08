import { fieldAt, textAt } from '../../kube/index.ts';
import { CLUSTER_NAME, NAME_PREFIX, type PlacedObject } from '../../providers/index.ts';
import { editDistance, type Site } from '../../site/index.ts';
import { isClusterApi } from './references.ts';

export interface GlobalHints {
  /** `--cluster`: the name of the Cluster that is meant to be `global`, whatever it is. */
  readonly cluster?: string | undefined;
  readonly site?: Site | undefined;
}

/** A Cluster of the run with everything that hangs on it. */
export interface ClusterMembers {
  readonly name: string;
  readonly root: PlacedObject | undefined;
  readonly members: ReadonlySet<PlacedObject>;
}

/** How much a sign says: a slip of a name, or a prefix, may also be a workload cluster's; `alone` says only that there is no other. */
export type SignStrength = 'sure' | 'marked' | 'weak' | 'alone';

export interface SignOfGlobal {
  readonly because: string;
  readonly strength: SignStrength;
}

interface Sign {
  readonly strength: SignStrength;
  readonly shows: (candidate: ClusterMembers, hints: GlobalHints) => string | undefined;
}

/** What shows that a Cluster is meant to be `global`, the surest first; the first that any cluster shows decides. */
const signs: readonly Sign[] = [
  {
    strength: 'sure',
    shows: ({ name }, { cluster }) => (cluster !== undefined && name === cluster ? `--cluster ${cluster}` : undefined),
  },
  { strength: 'sure', shows: ({ name }) => (name === CLUSTER_NAME ? 'its name' : undefined) },
  {
    strength: 'marked',
    shows: ({ root }) =>
      /^(?:true|yes)$/i.test(String(fieldAt(root?.object, 'metadata', 'labels', 'is-global')))
        ? 'the label is-global'
        : undefined,
  },
  {
    strength: 'marked',
    shows: ({ root }) =>
      textAt(root?.object, 'spec', 'infrastructureRef', 'name') === CLUSTER_NAME
        ? 'the name of its infra cluster'
        : undefined,
  },
  {
    strength: 'marked',
    shows: ({ members }, { site }) =>
      site && endpointsOf(members).has(site.network.controlPlaneVIP) ? "the site's endpoint" : undefined,
  },
  {
    strength: 'weak',
    shows: ({ name }) => (isNearGlobal(name) ? `its name, which is nearly ${CLUSTER_NAME}` : undefined),
  },
  {
    strength: 'weak',
    shows: (candidate) => (mostlyPrefixed(candidate) ? `the prefix ${NAME_PREFIX} of its objects` : undefined),
  },
];

/** The clusters that are meant to be `global`, with what they were seen by. More than one only when all show the same. */
export function chooseGlobal(
  candidates: readonly ClusterMembers[],
  hints: GlobalHints,
): ReadonlyMap<ClusterMembers, SignOfGlobal> {
  for (const [index, { strength, shows }] of signs.entries()) {
    if (index > 0 && hints.cluster !== undefined) break;
    const shown = candidates.flatMap((candidate) => {
      const because = shows(candidate, hints);
      return because === undefined ? [] : [[candidate, { because, strength }] as const];
    });
    if (shown.length > 0) return new Map(shown);
  }
  const [only, ...others] = candidates;
  if (hints.site && only && others.length === 0)
    return new Map([[only, { because: 'the site file: it is the only cluster', strength: 'alone' }]]);
  return new Map();
}

/** The addresses of control planes that infra clusters among the objects say. */
export function endpointsOf(objects: Iterable<PlacedObject>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { object } of objects)
    for (const field of ['controlPlaneEndpoint', 'controlPlaneLoadBalancer'])
      for (const key of ['host', 'vipAddress']) {
        const address = textAt(object, 'spec', field, key);
        if (address !== undefined) found.add(address);
      }
  return found;
}

/** A slip of the keyboard: other case, up to two letters missing, doubled, swapped or wrong. */
export function isNearGlobal(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Math.abs(plain.length - CLUSTER_NAME.length) <= 2 && editDistance(plain, CLUSTER_NAME) <= 2;
}

/** Only the objects that people name freely count; a workload cluster's are named after the cluster. */
function mostlyPrefixed({ name, members }: ClusterMembers): boolean {
  const names = [...members]
    .filter((member) => isClusterApi(member) && member.object.kind !== 'Cluster')
    .map(({ object }) => String(object.metadata.name))
    .filter((text) => !text.startsWith(`${name}-`) && text !== name);
  const prefixed = names.filter((text) => text.startsWith(NAME_PREFIX));
  return prefixed.length > 0 && prefixed.length * 2 >= names.length;
}
