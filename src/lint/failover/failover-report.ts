import type { SourcePlace } from '../../base/index.ts';
import { fieldAt, GlobalOwnership, isSelectable, type Sight } from '../../kube/index.ts';
import { isRecord, listAt, type MachineSource, type PlacedObject } from '../../providers/index.ts';
import type { ScopedView } from '../view.ts';

/** One object, as it is and as a failover takes it. */
export interface SeenObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly place: SourcePlace | undefined;
  /** Whose it is by the references that lead to it. */
  readonly belongsTo: 'global' | 'workload' | 'none';
  /** The cluster that it belongs to, as that is named. */
  readonly cluster: string | undefined;
  readonly seenAs: Sight['as'];
  readonly by: Sight['by'];
  /**
   * `lost`: of the global cluster and taken for workload, so that the standby side's machines behind it are deleted;
   * `left out`: of a workload cluster and taken for the global one, so that it is not carried over.
   */
  readonly danger?: 'lost' | 'left out';
}

/** A machine that the standby side would lose: an entry of a pool. */
export interface LostMachine {
  readonly hostname: string | undefined;
  readonly ip: string | undefined;
  readonly pool: string;
  /** Index of the entry in the pool. */
  readonly slot: number;
  /** `KubeadmControlPlane global-kcp`. */
  readonly owner: string;
  /** The objects whose names are at fault. */
  readonly because: readonly string[];
}

export interface FailoverReport {
  /** No object is taken for what it is not. */
  readonly safe: boolean;
  readonly objects: readonly SeenObject[];
  readonly lostMachines: readonly LostMachine[];
}

/** What a failover would do with the objects of an installation, which `views` hold cluster by cluster. */
export function failoverReport(views: readonly ScopedView[]): FailoverReport {
  const everything = [...new Set(views.flatMap((view) => view.objects))].filter(({ object }) => isSelectable(object));
  const ownership = new GlobalOwnership(everything.map(({ object }) => object));
  const look = ({ object }: PlacedObject): Sight => ownership.seenAs(object);
  const seen = new Set<PlacedObject>();
  const objects: SeenObject[] = [];
  for (const view of views)
    for (const placed of view.objects) {
      if (!isSelectable(placed.object) || seen.has(placed)) continue;
      seen.add(placed);
      objects.push(describe(placed, view, look(placed)));
    }
  const lostMachines = views
    .filter(({ scope }) => scope.role === 'global')
    .flatMap((view) => view.sources.flatMap((source) => lostOf(view, source, look)));
  return { safe: objects.every(({ danger }) => danger === undefined), objects, lostMachines };
}

function describe(placed: PlacedObject, { scope }: ScopedView, sight: Sight): SeenObject {
  const { kind, metadata } = placed.object;
  const danger =
    scope.role === 'global' && sight.as === 'workload'
      ? 'lost'
      : scope.role === 'workload' && sight.as === 'global'
        ? 'left out'
        : undefined;
  return {
    kind,
    namespace: metadata.namespace,
    name: String(metadata.name),
    place: placed.placeOf(['metadata', 'name']),
    belongsTo: scope.role,
    cluster: scope.name,
    seenAs: sight.as,
    by: sight.by,
    ...(danger && { danger }),
  };
}

const nameOf = ({ object }: PlacedObject): string => `${object.kind} ${String(object.metadata.name)}`;

/** The entries behind a control plane or deployment, when any link of its chain is not seen as owned by `global`. */
function lostOf(view: ScopedView, source: MachineSource, look: (placed: PlacedObject) => Sight): LostMachine[] {
  const { provider, scope } = view;
  const { owner, template, pool, config, replicas } = source;
  const infra = provider ? view.ofKind(provider.kinds.cluster.kind) : [];
  const chain = new Set([scope.root, ...infra, owner, template, pool, config]);
  const because = [...chain].flatMap((link) => (link && look(link).as === 'workload' ? [nameOf(link)] : []));
  if (because.length === 0) return [];
  if (!provider || !pool)
    // Without its pool nothing tells host names; the number of machines is still known.
    return Array.from({ length: replicas ?? 0 }, (_, slot) => ({
      hostname: undefined,
      ip: undefined,
      pool: 'unknown',
      slot,
      owner: nameOf(owner),
      because,
    }));
  const { slots, slotAddressPaths } = provider.shape;
  // Entries beyond the replicas are idle: there is no machine to lose.
  return listAt(pool.object, slots)
    .slice(0, replicas ?? Infinity)
    .map((entry, slot): LostMachine => {
      const address = fieldAt(entry, ...(slotAddressPaths(entry)[0] ?? []));
      const hostname = isRecord(entry) ? (entry['hostname'] ?? entry['machineName']) : undefined;
      return {
        hostname: typeof hostname === 'string' ? hostname : undefined,
        ip: typeof address === 'string' ? address.split('/')[0] : undefined,
        pool: String(pool.object.metadata.name),
        slot,
        owner: nameOf(owner),
        because,
      };
    });
}
