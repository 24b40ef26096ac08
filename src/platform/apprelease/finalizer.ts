import { resources, type KubeObject } from '../../kube/index.ts';
import type { ReleaseRef } from '../helm/index.ts';
import type { OperatorContext } from './context.ts';
import { announce } from './events.ts';
import { parseAppRelease, type WantedRelease } from './release-spec.ts';
import { chartStatuses, releaseOf, type ChartStatus } from './status.ts';

/** Keeps an AppRelease with `auto-recycle: "true"` until its charts are uninstalled. */
export const FINALIZER = 'operator.alauda.io/apprelease';

/** True when the object was changed, and its change will bring the key back. */
export async function keepFinalizer(
  context: OperatorContext,
  object: KubeObject,
  { autoRecycle }: WantedRelease,
): Promise<boolean> {
  const finalizers = object.metadata.finalizers ?? [];
  if (finalizers.includes(FINALIZER) === autoRecycle) return false;
  const changed = autoRecycle ? [...finalizers, FINALIZER] : finalizers.filter((f) => f !== FINALIZER);
  await patchFinalizers(context, object, changed);
  return true;
}

/** Uninstalls every chart of a deleted AppRelease, the last first, and lets the object go. */
export async function recycle(context: OperatorContext, object: KubeObject): Promise<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return;
  let wanted: WantedRelease | undefined;
  try {
    wanted = parseAppRelease(object);
  } catch {
    // A spec that nobody can read must not keep the object from going; what was installed is in its status.
  }
  const stated = chartStatuses(object).map(releaseOf);
  const releases = new Map([...stated, ...(wanted ? wantedReleases(wanted) : [])].map((ref) => [keyOf(ref), ref]));
  await uninstallReleases(context, object, {
    releases: [...releases.values()].reverse(),
    timeoutMs: wanted?.timeoutMs,
  });
  await patchFinalizers(
    context,
    object,
    finalizers.filter((f) => f !== FINALIZER),
  );
}

/** What an earlier spec has installed and the present one no longer names, where `auto-recycle` lets it be uninstalled. */
export function staleEntries(object: KubeObject, wanted: WantedRelease): ChartStatus[] {
  if (!wanted.autoRecycle) return [];
  const named = new Set(wantedReleases(wanted).map(keyOf));
  return chartStatuses(object).filter((entry) => !named.has(keyOf(releaseOf(entry))));
}

export async function uninstallReleases(
  context: OperatorContext,
  object: KubeObject,
  { releases, timeoutMs }: { readonly releases: readonly ReleaseRef[]; readonly timeoutMs?: number | undefined },
): Promise<void> {
  const { helm, signal } = context;
  for (const release of releases) {
    const message = `uninstalling ${release.name} from ${release.namespace}`;
    await announce(context, object, { type: 'Normal', reason: 'Uninstalling', message });
    await helm.uninstall(release, { ...(timeoutMs !== undefined && { timeoutMs }), signal });
  }
}

function wantedReleases({ charts, namespace }: WantedRelease): ReleaseRef[] {
  return charts.map(({ releaseName }) => ({ name: releaseName, namespace }));
}

function keyOf({ namespace, name }: ReleaseRef): string {
  return `${namespace}/${name}`;
}

async function patchFinalizers(
  { client, signal }: OperatorContext,
  object: KubeObject,
  finalizers: readonly string[],
): Promise<void> {
  const { name = '', namespace, resourceVersion } = object.metadata;
  // The resourceVersion makes it a conflict when somebody else changed the list meanwhile.
  const body = { metadata: { finalizers, resourceVersion } };
  await client.patch(resources.appReleases, { name, namespace }, { type: 'merge', body }, { signal });
}
