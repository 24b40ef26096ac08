import { splitApiVersion } from '../../kube/index.ts';
import { CLUSTER_NAME, NAME_PREFIX, type PlacedObject } from '../../providers/index.ts';
import { endpointsOf, isNearGlobal, type GlobalHints, type SignStrength } from './choose-global.ts';
import { divideByCluster } from './divide.ts';
import { guessProvider } from './guess-provider.ts';
import { fileOf, isClusterApi, referencesOf } from './references.ts';

/** The two sides of disaster recovery, as people name files and folders after them. */
export type Side = 'primary' | 'standby';

/** What the objects of a file, or of several, say about where they belong. */
export interface Belongings {
  readonly folder: readonly string[];
  readonly side: Side | undefined;
  /** Id of the provider that the kinds are of. */
  readonly provider: string | undefined;
  /** Id of the provider that the whole speaks of: an import list may be the copied one of another provider. */
  readonly mentions: string | undefined;
  /** The objects of Cluster API and the providers, of which one API server has each once. */
  readonly identities: ReadonlySet<string>;
  /** What references may lead to, as `Kind/name` and `/name`. */
  readonly provides: ReadonlySet<string>;
  /** What references lead to, in the same form. */
  readonly wants: ReadonlySet<string>;
}

/** The objects of one file of a run. */
export interface FileUnit extends Belongings {
  /** Undefined for what a cluster has. */
  readonly file: string | undefined;
  readonly objects: readonly PlacedObject[];
  /** How sure it is that a Cluster in the file is meant to be `global`; absent when none is. */
  readonly global?: GlobalEvidence;
}

export interface GlobalEvidence {
  readonly strength: SignStrength;
  /** Both the name of the Cluster and the prefix of objects tell that it is meant. */
  readonly nearInAll: boolean;
  readonly endpoints: ReadonlySet<string>;
}

/** The objects of a run by file, in the order of the run. */
export function unitsOf(objects: readonly PlacedObject[], hints: GlobalHints): FileUnit[] {
  const byFile = new Map<string | undefined, PlacedObject[]>();
  for (const placed of objects) {
    const file = fileOf(placed);
    const list = byFile.get(file);
    if (list) list.push(placed);
    else byFile.set(file, [placed]);
  }
  return [...byFile].map(([file, own]) => unitOf(file, own, hints));
}

function unitOf(file: string | undefined, objects: readonly PlacedObject[], hints: GlobalHints): FileUnit {
  const steps = file === undefined ? [] : file.split(/[\\/]/).filter((step) => step !== '' && step !== '.');
  const global = evidenceOf(objects, hints);
  return {
    file,
    objects,
    folder: steps.slice(0, -1),
    side: sideOf(steps),
    provider: guessProvider(objects.filter(isClusterApi))?.id,
    mentions: guessProvider(objects)?.id,
    identities: new Set(objects.filter(isClusterApi).map(identityOf)),
    provides: new Set(
      objects.flatMap(({ object }) => {
        const name = String(object.metadata.name);
        return [`${object.kind}/${name}`, `/${name}`];
      }),
    ),
    wants: new Set(
      objects.flatMap((placed) => [...referencesOf(placed)].map(({ kind = '', name }) => `${kind}/${name}`)),
    ),
    ...(global && { global }),
  };
}

function identityOf({ object }: PlacedObject): string {
  const { apiVersion, kind, metadata } = object;
  return [splitApiVersion(apiVersion).group, kind, metadata.namespace, metadata.name].join('/');
}

/** The nearest step of a path that names a side: `standby/cluster.yaml`, `cluster-primary.yaml`. */
function sideOf(steps: readonly string[]): Side | undefined {
  for (const step of steps.toReversed()) {
    const named = /(?:^|[^a-z])(primary|standby)(?:[^a-z]|$)/i.exec(step)?.[1]?.toLowerCase();
    if (named === 'primary' || named === 'standby') return named;
  }
  return undefined;
}

function evidenceOf(objects: readonly PlacedObject[], hints: GlobalHints): GlobalEvidence | undefined {
  if (!objects.some(({ object }) => object.kind === 'Cluster')) return undefined;
  const division = divideByCluster(objects, hints).find(({ role, root }) => role === 'global' && root !== undefined);
  if (division?.strength === undefined || division.strength === 'alone') return undefined;
  const prefixed = objects.some(
    (placed) => isClusterApi(placed) && String(placed.object.metadata.name).startsWith(NAME_PREFIX),
  );
  return {
    strength: division.strength,
    nearInAll: prefixed && isNearGlobal(division.name ?? CLUSTER_NAME),
    endpoints: endpointsOf(division.objects),
  };
}
