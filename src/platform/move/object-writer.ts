import { isDeepStrictEqual } from 'node:util';
import { GlobalctlError, isGlobalctlError } from '../../base/index.ts';
import {
  describeObject,
  fieldAt,
  IMPORTED_FROM,
  isCounterpart,
  isKubeReason,
  wellKnownResource,
  type KubeClient,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
  type Resource,
} from '../../kube/index.ts';
import { contentOf, withUids } from './content.ts';

export interface ObjectWriterOptions {
  readonly target: KubeClient;
  /** Whether a resource's status is written apart from the rest. */
  readonly hasStatusSubresource: (resource: Resource) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes objects of one cluster into another through its API. They get new uids there; owner references, and fields `uid` that
 * name other moved objects, follow. Owners must be written before their dependents: see `orderByOwnership`. What exists is
 * replaced only when an earlier try made it.
 */
export class ObjectWriter {
  /** The target's uid of each source uid that is known so far. */
  readonly uids = new Map<string, string>();
  readonly #target: KubeClient;
  readonly #hasStatusSubresource: (resource: Resource) => boolean;
  readonly #signal: AbortSignal | undefined;

  constructor({ target, hasStatusSubresource, signal }: ObjectWriterOptions) {
    this.#target = target;
    this.#hasStatusSubresource = hasStatusSubresource;
    this.#signal = signal;
  }

  /**
   * Writes everything but the status. An object of the same name that no earlier try made is left alone when it says the same
   * and is otherwise IMPORT_CONFLICT.
   */
  async write(resource: Resource, object: KubeObject): Promise<'created' | 'replaced' | 'unchanged'> {
    const wanted = await this.#wanted(resource, object);
    const { uid = '', name = '', namespace } = object.metadata;
    try {
      this.#learn(uid, await this.#target.create(resource, wanted, { signal: this.#signal }));
      return 'created';
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
    const present = await this.#target.get(resource, { name, namespace }, this.#signal);
    const status = !this.#hasStatusSubresource(resource);
    const same = isDeepStrictEqual(contentOf(present, { status }), contentOf(wanted, { status }));
    if (!isCounterpart(present, uid)) {
      if (!same)
        throw new GlobalctlError('IMPORT_CONFLICT', {
          message: `${describeObject(present)} exists with other content, and no earlier try made it`,
          subject: describeObject(present),
          expected: `made from uid ${uid}`,
          found: `uid ${present.metadata.uid ?? ''}`,
        });
      this.#learn(uid, present);
      return 'unchanged';
    }
    this.#learn(uid, present);
    if (same && sameMetadata(present.metadata, wanted.metadata)) return 'unchanged';
    await this.#replace(resource, wanted, present);
    return 'replaced';
  }

  /**
   * What can only be said when every object has its new uid: references to objects that were written later, and the status,
   * through its subresource.
   */
  async complete(resource: Resource, object: KubeObject): Promise<void> {
    const { name = '', namespace } = object.metadata;
    const ref = { name, namespace };
    const status = !this.#hasStatusSubresource(resource);
    const before = contentOf(object, { status });
    const content = withUids(before, this.uids);
    if (content !== before) {
      const present = await this.#target.get(resource, ref, this.#signal);
      if (!isDeepStrictEqual(contentOf(present, { status }), content))
        await this.#replace(resource, await this.#wanted(resource, object), present);
    }
    if (status || object['status'] === undefined) return;
    const value = withUids(object['status'], this.uids);
    await this.#target.patch(
      resource,
      ref,
      { type: 'json', body: [{ op: 'add', path: '/status', value }], subresource: 'status' },
      { signal: this.#signal },
    );
  }

  async #replace(resource: Resource, wanted: KubeObject, present: KubeObject): Promise<void> {
    const { resourceVersion = '' } = present.metadata;
    const object = { ...wanted, metadata: { ...wanted.metadata, resourceVersion } };
    await this.#target.replace(resource, object, { signal: this.#signal });
  }

  #learn(uid: string, { metadata }: KubeObject): void {
    this.uids.set(uid, metadata.uid ?? '');
  }

  async #wanted(resource: Resource, object: KubeObject): Promise<KubeObject> {
    const { name = '', namespace, labels, annotations, finalizers, ownerReferences = [], uid = '' } = object.metadata;
    const owners = await Promise.all(ownerReferences.map((owner) => this.#ownerInTarget(owner, namespace)));
    const present = owners.filter((owner) => owner !== undefined);
    return {
      ...withUids(contentOf(object, { status: !this.#hasStatusSubresource(resource) }), this.uids),
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        ...(labels && { labels }),
        annotations: { ...annotations, [IMPORTED_FROM]: uid },
        ...(finalizers && { finalizers }),
        ...(present.length > 0 && { ownerReferences: present }),
      },
    };
  }

  /** The owner with the uid that it has in the target; undefined when it is not there. */
  async #ownerInTarget(owner: OwnerReference, namespace: string | undefined): Promise<OwnerReference | undefined> {
    const known = this.uids.get(owner.uid);
    if (known !== undefined) return { ...owner, uid: known };
    const resource =
      wellKnownResource(owner.apiVersion, owner.kind) ??
      (await this.#target.resolve(owner.apiVersion, owner.kind, this.#signal).catch((error: unknown) => {
        // A kind that is not served has no objects to own anything; a server that does not answer must not cost an owner.
        if (isGlobalctlError(error, 'KUBE_KIND_UNKNOWN')) return undefined;
        throw error;
      }));
    if (resource === undefined) return undefined;
    const ref = { name: owner.name, namespace: resource.namespaced ? namespace : undefined };
    const uid = fieldAt(await this.#target.find(resource, ref, this.#signal), 'metadata', 'uid');
    return typeof uid === 'string' ? { ...owner, uid } : undefined;
  }
}

/** What of the metadata is carried over. */
function sameMetadata(a: ObjectMeta, b: ObjectMeta): boolean {
  const carried = ({ labels = {}, annotations = {}, finalizers = [], ownerReferences = [] }: ObjectMeta): unknown => ({
    labels,
    annotations,
    finalizers,
    ownerReferences,
  });
  return isDeepStrictEqual(carried(a), carried(b));
}
