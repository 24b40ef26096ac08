import { fieldAt, type KubeObject, type Resource } from '../../kube/index.ts';
import type { PodTemplate } from '../core-types.ts';
import { controllerRef, isControlledBy } from './ownership.ts';
import { refOf, type ControllerContext } from './reconciler.ts';

export const controllerRevisions: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
};

/** The default of `revisionHistoryLimit`. */
const HISTORY_LIMIT = 10;

/**
 * Keeps the history of a DaemonSet's or StatefulSet's templates as ControllerRevisions, which `kubectl rollout history` and
 * `undo` read: the newest has the highest number, a template that comes back takes a new number.
 */
export class RevisionHistory {
  /** What was recorded last, by the owner's uid: most reconciles change no template. */
  readonly #recorded = new Map<string, string>();

  async record(
    context: ControllerContext,
    owner: KubeObject,
    revision: {
      readonly hash: string;
      /** The label of a revision that holds its hash; DaemonSets and StatefulSets have one each. */
      readonly hashLabel: string;
      readonly template: PodTemplate;
      /** Revisions (by hash) that Pods still run; they stay beyond the limit. */
      readonly live: ReadonlySet<string>;
      readonly limit?: number | undefined;
    },
  ): Promise<void> {
    const { hash, hashLabel, template, live, limit = HISTORY_LIMIT } = revision;
    const { uid = '', name = '', namespace } = owner.metadata;
    if (this.#recorded.get(uid) === hash) return;
    const { items } = await context.client.list(controllerRevisions, { namespace, signal: context.signal });
    const own = items.filter((item) => isControlledBy(item, owner)).sort((a, b) => numberOf(a) - numberOf(b));
    const standing = own.find((item) => item.metadata.name === `${name}-${hash}`);
    const next = Math.max(0, ...own.map(numberOf)) + 1;
    if (!standing)
      await context.client.create(controllerRevisions, {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata: {
          name: `${name}-${hash}`,
          namespace: namespace ?? '',
          labels: { ...template.metadata?.labels, [hashLabel]: hash },
          ...(owner.metadata.annotations && { annotations: owner.metadata.annotations }),
          ownerReferences: [controllerRef(owner)],
        },
        data: { spec: { template: { ...template, $patch: 'replace' } } },
        revision: next,
      });
    else if (standing !== own.at(-1))
      await context.client.patch(controllerRevisions, refOf(standing), { type: 'merge', body: { revision: next } });
    const idle = own.filter((item) => item !== standing && !live.has(item.metadata.labels?.[hashLabel] ?? ''));
    for (const item of idle.slice(0, Math.max(0, idle.length - limit)))
      await context.client.delete(controllerRevisions, refOf(item));
    this.#recorded.set(uid, hash);
  }

  /** The template of a revision of the owner, by the revision's name; undefined when it is no longer kept. */
  async template(
    context: ControllerContext,
    owner: KubeObject,
    name: string | undefined,
  ): Promise<PodTemplate | undefined> {
    if (name === undefined) return undefined;
    const found = await context.client.find(controllerRevisions, { name, namespace: owner.metadata.namespace });
    if (!found || !isControlledBy(found, owner)) return undefined;
    const { $patch: _, ...template } = fieldAt(found, 'data', 'spec', 'template') as PodTemplate & { $patch?: unknown };
    return template;
  }

  forget(uid: string): void {
    this.#recorded.delete(uid);
  }
}

function numberOf(revision: KubeObject): number {
  const value = fieldAt(revision, 'revision');
  return typeof value === 'number' ? value : 0;
}
