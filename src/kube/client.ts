import type { KubeObject } from './object.ts';
import type { Resource } from './resource.ts';

export interface ListResult<T extends KubeObject = KubeObject> {
  readonly items: T[];
  readonly resourceVersion: string;
}

export type WatchEvent<T extends KubeObject = KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
};

export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type PatchType = 'merge' | 'json' | 'strategic';

/**
 * A client for any object of one API server. Every method throws KubeApiError (an error of code KUBE_API with the server's
 * Status) when the server answers so, KUBE_UNREACHABLE when it does not answer, CANCELLED on abort. Reads are retried on
 * transport errors and 429/5xx; writes only where the server says that nothing happened (429, 503 with Retry-After).
 */
export interface KubeClient {
  /** Address of the server, for messages. */
  readonly server: string;
  get<T extends KubeObject = KubeObject>(resource: Resource, ref: ObjectRef, signal?: AbortSignal): Promise<T>;
  /** undefined when the object, or its kind, does not exist. */
  find<T extends KubeObject = KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    signal?: AbortSignal,
  ): Promise<T | undefined>;
  /** All items; pages are followed. */
  list<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): Promise<ListResult<T>>;
  /** The same, page by page, for more objects than one wants to hold. Each page has the resourceVersion of the list. */
  listPages<T extends KubeObject = KubeObject>(resource: Resource, options?: ListOptions): AsyncIterable<ListResult<T>>;
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** PUT; the object's resourceVersion, when set, must be current. */
  replace<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  replaceStatus<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** Server-side apply. `force` takes fields over from other managers. */
  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options?: WriteOptions & { readonly force?: boolean },
  ): Promise<T>;
  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    patch: { readonly type: PatchType; readonly body: unknown; readonly subresource?: 'status' | 'scale' },
    options?: WriteOptions,
  ): Promise<T>;
  delete(
    resource: Resource,
    ref: ObjectRef,
    options?: WriteOptions & {
      readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
      readonly uid?: string;
      readonly gracePeriodSeconds?: number;
    },
  ): Promise<void>;
  /** Events from `resourceVersion` on; ends when the server closes, throws KUBE_API with status 410 when it is too old. */
  watch<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: ListOptions & { readonly resourceVersion: string },
  ): AsyncIterable<WatchEvent<T>>;
  /** The resource of a kind: well-known, or by discovery. Throws KUBE_KIND_UNKNOWN. */
  resolve(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource>;
  /** Any other request below the server's address; the body of the answer, parsed when it is JSON. */
  request(
    method: string,
    path: string,
    options?: { readonly body?: unknown; readonly signal?: AbortSignal },
  ): Promise<unknown>;
  close(): Promise<void>;
}
