import { GlobalctlError } from '../base/index.ts';
import { describeObject, isKubeReason, type KubeClient, type KubeObject, type Resource } from '../kube/index.ts';

/** How one wanted object stands in a live cluster. */
export interface LiveComparison {
  readonly state: 'absent' | 'different' | 'same';
  readonly live: KubeObject | undefined;
  /** What the object would be after a server-side apply; undefined when the server cannot say (its kind is not there yet). */
  readonly applied: KubeObject | undefined;
}

/** Fields that the server writes; they differ without anybody having changed anything. */
const serverFields = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'uid',
  'creationTimestamp',
  'selfLink',
]);

/** The object without what only the server writes, for comparison and for diffs. */
export function withoutServerFields(object: KubeObject): KubeObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !serverFields.has(key)));
  const { status: _status, ...rest } = object;
  return { ...rest, metadata };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Asks the server by a dry run what applying the object would change. */
export async function compareLive(
  client: KubeClient,
  object: KubeObject,
  signal?: AbortSignal,
): Promise<LiveComparison> {
  let resource;
  try {
    resource = await client.resolve(object.apiVersion, object.kind, signal);
  } catch (error) {
    if (error instanceof GlobalctlError && error.code === 'KUBE_KIND_UNKNOWN')
      return { state: 'absent', live: undefined, applied: undefined };
    throw error;
  }
  const { name = '', namespace } = object.metadata;
  // Controllers write while we look: the two answers are compared only when they are of one version of the object.
  for (let attempt = 1; ; attempt++) {
    const live = await client.find(resource, { name, namespace }, signal);
    const applied = await dryRun(client, { resource, object, signal });
    if (!live) return { state: 'absent', live, applied };
    if (!applied) return { state: 'different', live, applied };
    const sameVersion = live.metadata.resourceVersion === applied.metadata.resourceVersion;
    if (!sameVersion && attempt < COMPARE_ATTEMPTS) continue;
    const same = canonical(withoutServerFields(live)) === canonical(withoutServerFields(applied));
    return { state: same ? 'same' : 'different', live, applied };
  }
}

const COMPARE_ATTEMPTS = 10;

/** undefined when nothing can be tried out: before the namespace or the CRD is there, or when fields are another manager's. */
async function dryRun(
  client: KubeClient,
  { resource, object, signal }: { resource: Resource; object: KubeObject; signal: AbortSignal | undefined },
): Promise<KubeObject | undefined> {
  try {
    return await client.apply(resource, object, { dryRun: true, signal });
  } catch (error) {
    if (isKubeReason(error, 'NotFound', 'Conflict')) return undefined;
    throw error;
  }
}

/** Server-side apply with the workflow's field manager. Conflicts with other managers are an error, never taken over. */
export async function applyObject(client: KubeClient, object: KubeObject, signal?: AbortSignal): Promise<KubeObject> {
  const resource = await client.resolve(object.apiVersion, object.kind, signal);
  try {
    return await client.apply(resource, object, { signal });
  } catch (error) {
    if (!isKubeReason(error, 'Conflict')) throw error;
    throw new GlobalctlError('APPLY_CONFLICT', {
      message: `${describeObject(object)}: fields are owned by somebody else`,
      subject: describeObject(object),
      found: error.status.message,
      cause: error,
    });
  }
}
