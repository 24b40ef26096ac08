import { describeObject, fieldAt, type KubeObject } from '../kube/index.ts';
import type { MachineSource, PlacedObject, SupportedProvider } from '../providers/index.ts';
import { formatPath } from '../site/index.ts';
import { machineSources, objectIndex } from './machine-sources.ts';
import { mergeValues, type MergeAction } from './merge-values.ts';
import { textOf } from './shown-value.ts';

/** One line of the report on what merging did. Values of Secrets and of files are never in it. */
export interface MergeReportLine {
  readonly action: MergeAction;
  /** `KubeadmControlPlane cpaas-system/global-kcp`. */
  readonly object: string;
  /** The field; empty for the object as a whole. */
  readonly path: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export interface MergedManifest {
  readonly objects: readonly PlacedObject[];
  readonly report: readonly MergeReportLine[];
}

/**
 * Merges the parts that are specific to `global` into the operator's manifest. The operator's objects keep their order, their
 * names and everything that the site does not own; objects that only the rendering has follow at the end.
 */
export function mergeBase(
  provider: SupportedProvider,
  base: readonly PlacedObject[],
  rendered: readonly PlacedObject[],
): MergedManifest {
  const partners = matchObjects(provider, base, rendered);
  const report: MergeReportLine[] = [];
  const merged = base.map((placed): PlacedObject => {
    const partner = partners.get(placed);
    const object = describeObject(placed.object);
    if (!partner) {
      report.push({ action: 'kept', object, path: '' });
      return placed;
    }
    const { value, steps } = mergeValues(placed.object, comparable(placed.object, partner.object));
    const secret = placed.object.kind === 'Secret';
    for (const { action, path, before, rendered: ours } of steps) {
      const hidden = secret || path.includes('content');
      report.push({
        action,
        object,
        path: formatPath(path),
        ...(before !== undefined && { before: hidden ? '(not shown)' : textOf(before) }),
        ...(ours !== undefined && { after: hidden ? '(not shown)' : textOf(action === 'kept' ? before : ours) }),
      });
    }
    return { ...placed, object: value as KubeObject };
  });
  const used = new Set(partners.values());
  const added = rendered.filter((placed) => !used.has(placed));
  for (const { object } of added) report.push({ action: 'added', object: describeObject(object), path: '' });
  return { objects: [...merged, ...added], report };
}

/** A Secret may hold a key in `data` or in `stringData`, never in both: ours is written where the operator has it. */
function comparable(base: KubeObject, rendered: KubeObject): KubeObject {
  if (base.kind !== 'Secret') return rendered;
  const plain = recordOf(rendered['stringData']);
  const encoded = recordOf(rendered['data']);
  const inData = recordOf(base['data']);
  const inText = recordOf(base['stringData']);
  const data: Record<string, string> = {};
  const stringData: Record<string, string> = {};
  const toData = (key: string, fallback: boolean): boolean => (key in inText ? false : key in inData ? true : fallback);
  for (const [key, value] of Object.entries(plain))
    if (toData(key, false)) data[key] = Buffer.from(value, 'utf8').toString('base64');
    else stringData[key] = value;
  for (const [key, value] of Object.entries(encoded))
    if (toData(key, true)) data[key] = value;
    else stringData[key] = Buffer.from(value, 'base64').toString('utf8');
  const { data: _data, stringData: _stringData, ...rest } = rendered;
  return {
    ...rest,
    ...(Object.keys(data).length > 0 && { data }),
    ...(Object.keys(stringData).length > 0 && { stringData }),
  };
}

function recordOf(value: unknown): Record<string, string> {
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
}

/** Kinds of which a `global` manifest has exactly one, whatever it is called. */
const singleKinds = new Set(['Cluster', 'KubeadmControlPlane']);

/** Pairs the operator's objects with the rendered ones: by role where names may differ, else by kind and name. */
function matchObjects(
  provider: SupportedProvider,
  base: readonly PlacedObject[],
  rendered: readonly PlacedObject[],
): Map<PlacedObject, PlacedObject> {
  const pairs = new Map<PlacedObject, PlacedObject>();
  const taken = new Set<PlacedObject>();
  const pair = (theirs: PlacedObject | undefined, ours: PlacedObject | undefined): void => {
    if (!theirs || !ours || pairs.has(theirs) || taken.has(ours)) return;
    pairs.set(theirs, ours);
    taken.add(ours);
  };
  const theirs = objectIndex(base);
  const ours = objectIndex(rendered);
  for (const kind of [...singleKinds, provider.kinds.cluster.kind]) pair(theirs.ofKind(kind)[0], ours.ofKind(kind)[0]);

  const theirSources = machineSources(provider, base, theirs.find);
  const ourSources = machineSources(provider, rendered, ours.find);
  for (const [left, right] of matchSources(theirSources, ourSources)) {
    pair(left.owner, right.owner);
    pair(left.template, right.template);
    pair(left.pool, right.pool);
    if (left.role === 'worker') pair(left.config, right.config);
  }
  const secretName = (index: typeof theirs): unknown =>
    fieldAt(index.ofKind(provider.kinds.cluster.kind)[0]?.object, ...provider.shape.credentialRef);
  pair(theirs.find('Secret', secretName(theirs)), ours.find('Secret', secretName(ours)));
  for (const placed of rendered) pair(theirs.find(placed.object.kind, placed.object.metadata.name), placed);
  return pairs;
}

/** The control planes belong together; deployments by name, the rest in their order. */
function matchSources(
  theirs: readonly MachineSource[],
  ours: readonly MachineSource[],
): [MachineSource, MachineSource][] {
  const nameOf = ({ owner }: MachineSource): string => `${owner.object.kind}/${String(owner.object.metadata.name)}`;
  const result: [MachineSource, MachineSource][] = [];
  const open = new Set(ours);
  const rest: MachineSource[] = [];
  for (const left of theirs) {
    const right = [...open].find(
      (candidate) =>
        candidate.role === left.role && (left.role === 'controlPlane' || nameOf(candidate) === nameOf(left)),
    );
    if (right) {
      open.delete(right);
      result.push([left, right]);
    } else rest.push(left);
  }
  const remaining = [...open].filter(({ role }) => role === 'worker');
  for (const [index, left] of rest.filter(({ role }) => role === 'worker').entries()) {
    const right = remaining[index];
    if (right) result.push([left, right]);
  }
  return result;
}
