import { isGlobalctlError, retry, systemClock } from '../../../base/index.ts';
import {
  describeObject,
  isKubeReason,
  KubeApiError,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../kube/index.ts';
import type { ReleaseRef } from '../../helm/index.ts';
import { differingFields } from './difference.ts';
import { autoscalerRules, ignoredPointers, type IgnoreRule } from './ignore-rules.ts';
import { keepLive } from './keep-live.ts';

/** Helm's own name as a field manager: what is put back stays Helm's, and its next upgrade finds no other owner. */
const HELM_FIELD_MANAGER = 'helm';
const AT_ONCE = 4;

/** An object that is not as the release's manifest says. */
export interface Drift {
  /** `Deployment cpaas-system/sample`. */
  readonly object: string;
  /** Paths that differ; empty when the whole object is missing or cannot be put back. */
  readonly fields: readonly string[];
  /** Set when the API server refuses the manifest over the live object, in its words. */
  readonly refused?: string | undefined;
  /** Puts the object back as the manifest says. */
  readonly repair: () => Promise<void>;
}

export interface FindDriftOptions {
  readonly client: KubeClient;
  readonly release: ReleaseRef;
  /** Of the release's manifest; without the hooks, which come and go. */
  readonly objects: readonly KubeObject[];
  readonly ignore: readonly IgnoreRule[];
  readonly signal: AbortSignal;
}

/**
 * Compares each live object with the answer of the API server to a dry run of server-side apply with the manifest: what it
 * sets by default, converts or normalises is no difference then. Changes nothing.
 */
export async function findDrift(options: FindDriftOptions): Promise<Drift[]> {
  const { client, objects, signal } = options;
  const rules = [...options.ignore, ...(await autoscalerRules(client, signal))];
  const found: (Drift | undefined)[] = [];
  const waiting = [...objects.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      found[next[0]] = await driftOf(next[1], { ...options, ignore: rules });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found.filter((drift) => drift !== undefined);
}

/** An object that changes all the time is compared as it stood at one moment; it may take some attempts to get hold of one. */
const CONSISTENT = { attempts: 10, firstDelayMs: 20, maxDelayMs: 1000 };

async function driftOf(object: KubeObject, options: FindDriftOptions): Promise<Drift | undefined> {
  const { client, signal } = options;
  let resource: Resource;
  try {
    resource = await client.resolve(object.apiVersion, object.kind, signal);
  } catch (error) {
    if (!isGlobalctlError(error, 'KUBE_KIND_UNKNOWN')) throw error;
    return { object: describeObject(object), fields: [], refused: error.message, repair: () => Promise.reject(error) };
  }
  return retry(
    { policy: CONSISTENT, clock: systemClock, signal, retryable: (error) => isKubeReason(error, 'Conflict') },
    () => compare(object, resource, options),
  );
}

/** Throws KUBE_API of reason Conflict when the live object changed during the comparison. */
async function compare(object: KubeObject, resource: Resource, options: FindDriftOptions): Promise<Drift | undefined> {
  const { client, release, ignore, signal } = options;
  const wanted = asHelmApplies(object, resource, release);
  const { name = '', namespace } = wanted.metadata;
  const live = await client.find(resource, { name, namespace }, signal);
  if (live) for (const pointer of ignoredPointers(object, namespace, ignore)) keepLive(wanted, live, pointer);
  const apply = (applied: KubeObject, dryRun: boolean): Promise<KubeObject> =>
    client.apply(resource, applied, { fieldManager: HELM_FIELD_MANAGER, force: true, dryRun, signal });
  const repair = async (): Promise<void> => void (await apply(wanted, false));
  const drift = { object: describeObject(wanted), fields: [], repair };
  if (!live) return drift;
  const { resourceVersion = '' } = live.metadata;
  try {
    const applied = await apply({ ...wanted, metadata: { ...wanted.metadata, resourceVersion } }, true);
    const fields = differingFields(live, applied);
    return fields.length === 0 ? undefined : { ...drift, fields };
  } catch (error) {
    // An immutable field was changed by making the object anew: only a person can decide to delete it.
    if (error instanceof KubeApiError && error.status.code === 422) return { ...drift, refused: error.message };
    throw error;
  }
}

/** The object as Helm applies it: in the release's namespace, with the marks by which Helm knows its own. */
function asHelmApplies(object: KubeObject, resource: Resource, release: ReleaseRef): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  const namespace = resource.namespaced ? { namespace: object.metadata.namespace ?? release.namespace } : {};
  return structuredClone({
    ...object,
    metadata: {
      ...metadata,
      ...namespace,
      labels: { ...metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...metadata.annotations,
        'meta.helm.sh/release-name': release.name,
        'meta.helm.sh/release-namespace': release.namespace,
      },
    },
  });
}
