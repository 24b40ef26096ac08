import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import {
  formatDuration,
  GlobalctlError,
  isGlobalctlError,
  retry,
  systemClock,
  withDeadline,
  type Clock,
} from '../base/index.ts';
import { isKubeReason, KubeApiError, type KubeStatus } from './api-error.ts';
import type { KubeClient, ListOptions, ListResult, ObjectRef, PatchType, WatchEvent, WriteOptions } from './client.ts';
import { loadKubeconfig, parseKubeconfig, type ClusterAccess } from './kubeconfig.ts';
import { splitApiVersion, type KubeObject } from './object.ts';
import { wellKnownResource, type Resource } from './resource.ts';
import { Transport, transportError, type RawRequest } from './transport.ts';
import { objectPath, resourcePath, selectors, withQuery } from './url.ts';

const PAGE_SIZE = 500;

const patchTypes: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export interface HttpKubeClientOptions {
  readonly clock?: Clock;
  /** Name under which writes are recorded in managedFields. */
  readonly fieldManager?: string;
  /**
   * In real time: a request without its whole answer by then ends with KUBE_UNREACHABLE, for a server, or a connection, that died
   * without a word. Callers hold deadlines of their own where this is absent.
   */
  readonly requestTimeoutMs?: number | undefined;
  /** In real time: a watch ends after so long, as servers end them, and is begun anew by whoever follows. */
  readonly watchTimeoutMs?: number | undefined;
}

/** What a server may take to end a watch by itself before this side does. */
const WATCH_GRACE_MS = 1000;

/** The KubeClient over HTTP. */
export class HttpKubeClient implements KubeClient {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #fieldManager: string;
  readonly #requestTimeoutMs: number | undefined;
  readonly #watchTimeoutMs: number | undefined;
  readonly #discovered = new Map<string, Resource>();

  constructor(access: ClusterAccess, options: HttpKubeClientOptions = {}) {
    this.#transport = new Transport(access);
    this.#clock = options.clock ?? systemClock;
    this.#fieldManager = options.fieldManager ?? 'globalctl';
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#watchTimeoutMs = options.watchTimeoutMs;
  }

  static async fromFile(
    path: string,
    options: HttpKubeClientOptions & { readonly proxyUrl?: string | undefined } = {},
  ): Promise<HttpKubeClient> {
    const access = await loadKubeconfig(path);
    return new HttpKubeClient({ ...access, proxyUrl: access.proxyUrl ?? options.proxyUrl }, options);
  }

  static async fromText(
    content: string,
    options: HttpKubeClientOptions & { readonly source?: string; readonly proxyUrl?: string | undefined } = {},
  ): Promise<HttpKubeClient> {
    const access = await parseKubeconfig(content, { source: options.source ?? 'kubeconfig' });
    return new HttpKubeClient({ ...access, proxyUrl: access.proxyUrl ?? options.proxyUrl }, options);
  }

  get server(): string {
    return this.#transport.server;
  }

  async get<T extends KubeObject>(resource: Resource, ref: ObjectRef, signal?: AbortSignal): Promise<T> {
    return (await this.#send({ method: 'GET', path: objectPath(resource, ref), signal })) as T;
  }

  async find<T extends KubeObject>(resource: Resource, ref: ObjectRef, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await this.get<T>(resource, ref, signal);
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListResult<T>> {
    const items: T[] = [];
    let resourceVersion = '';
    for await (const page of this.listPages<T>(resource, options)) {
      for (const item of page.items) items.push(item);
      ({ resourceVersion } = page);
    }
    return { items, resourceVersion };
  }

  async *listPages<T extends KubeObject>(
    resource: Resource,
    options: ListOptions = {},
  ): AsyncGenerator<ListResult<T>, void, void> {
    let continueToken: string | undefined;
    do {
      const path = withQuery(resourcePath(resource, options.namespace), {
        ...selectors(options),
        limit: String(PAGE_SIZE),
        continue: continueToken,
      });
      const page = (await this.#send({ method: 'GET', path, signal: options.signal })) as {
        apiVersion: string;
        kind: string;
        items: T[] | null;
        metadata: { resourceVersion?: string; continue?: string };
      };
      // Items of a typed list carry neither apiVersion nor kind.
      const items = (page.items ?? []).map((item) => ({ ...item, apiVersion: page.apiVersion, kind: resource.kind }));
      continueToken = page.metadata.continue === '' ? undefined : page.metadata.continue;
      yield { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    } while (continueToken !== undefined);
  }

  async create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const path = withQuery(resourcePath(resource, object.metadata.namespace ?? 'default'), this.#writeQuery(options));
    return (await this.#send({ method: 'POST', path, body: JSON.stringify(object), signal: options.signal })) as T;
  }

  async replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    return await this.#put(resource, object, options);
  }

  async replaceStatus<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    return await this.#put(resource, object, options, 'status');
  }

  async apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & { readonly force?: boolean } = {},
  ): Promise<T> {
    const path = withQuery(objectPath(resource, refOf(object)), {
      ...this.#writeQuery(options),
      force: options.force === true ? 'true' : undefined,
    });
    // JSON is YAML; the content type is what selects server-side apply.
    return (await this.#send({
      method: 'PATCH',
      path,
      body: JSON.stringify(object),
      contentType: 'application/apply-patch+yaml',
      signal: options.signal,
    })) as T;
  }

  async patch<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    patch: { readonly type: PatchType; readonly body: unknown; readonly subresource?: 'status' | 'scale' },
    options: WriteOptions = {},
  ): Promise<T> {
    return (await this.#send({
      method: 'PATCH',
      path: withQuery(objectPath(resource, ref, patch.subresource), this.#writeQuery(options)),
      body: JSON.stringify(patch.body),
      contentType: patchTypes[patch.type],
      signal: options.signal,
    })) as T;
  }

  async delete(
    resource: Resource,
    ref: ObjectRef,
    options: WriteOptions & {
      readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
      readonly uid?: string;
      readonly gracePeriodSeconds?: number;
    } = {},
  ): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(options.propagation && { propagationPolicy: options.propagation }),
      ...(options.uid !== undefined && { preconditions: { uid: options.uid } }),
      ...(options.gracePeriodSeconds !== undefined && { gracePeriodSeconds: options.gracePeriodSeconds }),
      ...(options.dryRun === true && { dryRun: ['All'] }),
    };
    await this.#send({
      method: 'DELETE',
      path: objectPath(resource, ref),
      body: JSON.stringify(body),
      signal: options.signal,
    });
  }

  async *watch<T extends KubeObject>(
    resource: Resource,
    options: ListOptions & { readonly resourceVersion: string },
  ): AsyncGenerator<WatchEvent<T>> {
    const limitMs = this.#watchTimeoutMs;
    const path = withQuery(resourcePath(resource, options.namespace), {
      ...selectors(options),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: limitMs === undefined ? undefined : String(Math.ceil(limitMs / 1000)),
    });
    const words = `GET ${this.server}${path}`;
    const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs + WATCH_GRACE_MS);
    const signals = [limit, options.signal].filter((s) => s !== undefined);
    let rest = '';
    let body: Readable | undefined;
    try {
      body = await this.#transport.stream({ method: 'GET', path, signal: AbortSignal.any(signals) });
      body.setEncoding('utf8');
      for await (const chunk of body) {
        rest += String(chunk);
        let end: number;
        while ((end = rest.indexOf('\n')) >= 0) {
          const line = rest.slice(0, end);
          rest = rest.slice(end + 1);
          if (line.trim() === '') continue;
          const event = JSON.parse(line) as { type: string; object: unknown };
          if (event.type === 'ERROR') throw new KubeApiError(event.object as KubeStatus, words);
          yield event as WatchEvent<T>;
        }
      }
    } catch (error) {
      if (limit?.aborted && !options.signal?.aborted) return;
      if (error instanceof GlobalctlError) throw error;
      throw transportError(error, words, options.signal);
    } finally {
      body?.destroy();
    }
  }

  async resolve(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource> {
    const known = wellKnownResource(apiVersion, kind) ?? this.#discovered.get(`${apiVersion}/${kind}`);
    if (known) return known;
    const { group, version } = splitApiVersion(apiVersion);
    const path = group === '' ? `/api/${version}` : `/apis/${apiVersion}`;
    let served: { name: string; kind: string; namespaced: boolean }[] = [];
    try {
      const answer = (await this.#send({ method: 'GET', path, signal })) as { resources?: typeof served };
      served = answer.resources ?? [];
    } catch (error) {
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
    for (const r of served)
      if (!r.name.includes('/'))
        this.#discovered.set(`${apiVersion}/${r.kind}`, {
          group,
          version,
          kind: r.kind,
          plural: r.name,
          namespaced: r.namespaced,
        });
    const found = this.#discovered.get(`${apiVersion}/${kind}`);
    if (!found)
      throw new GlobalctlError('KUBE_KIND_UNKNOWN', {
        message: `${this.server} does not serve ${kind} of ${apiVersion}`,
        subject: `${apiVersion} ${kind}`,
      });
    return found;
  }

  async request(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly signal?: AbortSignal } = {},
  ): Promise<unknown> {
    return await this.#send({
      method,
      path,
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      signal: options.signal,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  #writeQuery(options: WriteOptions): Record<string, string | undefined> {
    return {
      fieldManager: options.fieldManager ?? this.#fieldManager,
      dryRun: options.dryRun === true ? 'All' : undefined,
    };
  }

  async #put<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions,
    subresource?: string,
  ): Promise<T> {
    const path = withQuery(objectPath(resource, refOf(object), subresource), this.#writeQuery(options));
    return (await this.#send({ method: 'PUT', path, body: JSON.stringify(object), signal: options.signal })) as T;
  }

  /** Sends with the retries that cannot repeat an effect: reads always, writes only when the server refused to look at them. */
  async #send(raw: RawRequest): Promise<unknown> {
    return await retry(
      {
        policy: { attempts: 5, firstDelayMs: 100, maxDelayMs: 2000 },
        clock: this.#clock,
        signal: raw.signal,
        retryable: (error) => {
          if (error instanceof KubeApiError) {
            const { code, details } = error.status;
            const refused = code === 429 || (code === 503 && details?.retryAfterSeconds !== undefined);
            if (refused) return { delayMs: (details?.retryAfterSeconds ?? 1) * 1000 };
            return raw.method === 'GET' && code >= 500 && code !== 501;
          }
          return raw.method === 'GET' && isGlobalctlError(error, 'KUBE_UNREACHABLE');
        },
      },
      () => this.#answer(raw),
    );
  }

  async #answer(raw: RawRequest): Promise<unknown> {
    const timeoutMs = this.#requestTimeoutMs;
    if (timeoutMs === undefined) return await this.#transport.json(raw);
    const what = `${raw.method} ${this.server}${raw.path}`;
    // One signal ends many requests at once; each listens to it only while it runs.
    if (raw.signal) setMaxListeners(0, raw.signal);
    try {
      return await withDeadline({ clock: systemClock, timeoutMs, what, signal: raw.signal }, (signal) =>
        this.#transport.json({ ...raw, signal }),
      );
    } catch (cause) {
      if (!isGlobalctlError(cause, 'DEADLINE_EXCEEDED')) throw cause;
      const message = `${what}: no answer within ${formatDuration(timeoutMs)}`;
      throw new GlobalctlError('KUBE_UNREACHABLE', { message, subject: what, cause });
    }
  }
}

function refOf(object: KubeObject): ObjectRef {
  return { name: object.metadata.name ?? '', namespace: object.metadata.namespace };
}
