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

type Sign = (candidate: ClusterMembers, hints: GlobalHints) => string | undefined;

/** What shows that a Cluster is meant to be `global`, the surest first; the first that any cluster shows decides. */
const signs: readonly Sign[] = [
  ({ name }, { cluster }) => (cluster !== undefined && name === cluster ? `--cluster ${cluster}` : undefined),
  ({ name }) => (name === CLUSTER_NAME ? 'its name' : undefined),
  ({ root }) =>
    /^(?:true|yes)$/i.test(String(fieldAt(root?.object, 'metadata', 'labels', 'is-global')))
      ? 'the label is-global'
      : undefined,
  ({ root }) =>
    textAt(root?.object, 'spec', 'infrastructureRef', 'name') === CLUSTER_NAME
      ? 'the name of its infra cluster'
      : undefined,
  (candidate, { site }) => (site && hasEndpoint(candidate, site) ? "the site's endpoint" : undefined),
  ({ name }) => (isNearGlobal(name) ? `its name, which is nearly ${CLUSTER_NAME}` : undefined),
  (candidate) => (mostlyPrefixed(candidate) ? `the prefix ${NAME_PREFIX} of its objects` : undefined),
];

/** The clusters that are meant to be `global`, with what they were seen by. More than one only when all show the same. */
export function chooseGlobal(
  candidates: readonly ClusterMembers[],
  hints: GlobalHints,
): ReadonlyMap<ClusterMembers, string> {
  for (const [index, sign] of signs.entries()) {
    if (index > 0 && hints.cluster !== undefined) break;
    const shown = candidates.flatMap((candidate) => {
      const because = sign(candidate, hints);
      return because === undefined ? [] : [[candidate, because] as const];
    });
    if (shown.length > 0) return new Map(shown);
  }
  const [only, ...others] = candidates;
  if (hints.site && only && others.length === 0) return new Map([[only, 'the site file: it is the only cluster']]);
  return new Map();
}

function hasEndpoint({ members }: ClusterMembers, { network }: Site): boolean {
  return [...members].some(({ object }) =>
    ['controlPlaneEndpoint', 'controlPlaneLoadBalancer'].some((field) =>
      ['host', 'vipAddress'].some((key) => textAt(object, 'spec', field, key) === network.controlPlaneVIP),
    ),
  );
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
