import { setImmediate, setTimeout } from 'node:timers/promises';
import type { KubeObject } from '../../kube/index.ts';
import { EtcdCompactedError } from '../../etcd/index.ts';
import { isGlobalctlError } from '../../base/index.ts';
import type { ApiContext } from './api-context.ts';
import { inVersion } from './object-writer.ts';
import { storageKey, versionOf, type ResourceDefinition } from './resource-definition.ts';
import { parseFieldSelector, parseLabelSelector } from './selector.ts';
import { badRequest, expired, notFound, resourceVersionTooLarge, statusError } from './status-error.ts';
import { textOf } from './json.ts';
import type { StoredObject } from './stored-object.ts';

/** Objects that are looked into before others get their turn: a few milliseconds' worth. */
const PARSED_AT_ONCE = 200;

export type ObjectPredicate = (object: KubeObject) => boolean;

export interface ListPage {
  readonly items: StoredObject[];
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
  readonly remainingItemCount: number | undefined;
}

interface ContinueToken {
  readonly v: 'meta.k8s.io/v1';
  /** Revision of the snapshot that the pages are cut from; -1 for "whatever is there now". */
  readonly rv: number;
  /** Key of the last object handed out, below the listed prefix. */
  readonly start: string;
}

/** What a field selector may ask of an object. */
export function selectableFields(
  definition: ResourceDefinition,
  version: string,
  object: KubeObject,
): Readonly<Record<string, string>> {
  const { name = '', namespace = '' } = object.metadata;
  const own = definition.strategy.selectableFields?.(object) ?? {};
  const custom = Object.fromEntries(
    (versionOf(definition, version)?.selectableFields ?? []).map((path) => [path, fieldText(object, path)]),
  );
  return {
    'metadata.name': name,
    ...(definition.namespaced && { 'metadata.namespace': namespace }),
    ...own,
    ...custom,
  };
}

function fieldText(object: unknown, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

/** The selectors of a query as one predicate; undefined when everything matches. */
export function queryPredicate(
  definition: ResourceDefinition,
  version: string,
  query: URLSearchParams,
): ObjectPredicate | undefined {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  if (!labels && fields.length === 0) return undefined;
  const known = selectableFields(definition, version, { apiVersion: '', kind: '', metadata: {} });
  for (const { field } of fields)
    if (!Object.hasOwn(known, field))
      throw badRequest(
        // Built-in kinds without selectable fields of their own share the words of the default conversion.
        definition.definedBy === undefined && !definition.strategy.selectableFields
          ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
          : `field label not supported: ${field}`,
      );
  return (object) => {
    if (labels && !labels(object.metadata.labels ?? {})) return false;
    if (fields.length === 0) return true;
    const values = selectableFields(definition, version, object);
    return fields.every((f) => ((values[f.field] ?? '') === f.value) === f.equal);
  };
}

/** Reads single objects and pages of lists, always from the store itself. */
export class ObjectReader {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** `atLeast` is the `resourceVersion` of a query: the answer is not older than this. Throws NotFound. */
  async find(
    definition: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    atLeast = '',
  ): Promise<StoredObject> {
    if (atLeast !== '' && atLeast !== '0') await this.#reach(parseReadRevision(atLeast));
    const stored = await this.#context.storage.get(storageKey(definition, namespace, name));
    if (!stored) throw notFound(definition, name);
    return stored;
  }

  async get(
    definition: ResourceDefinition,
    version: string,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject> {
    return inVersion(definition, version, (await this.find(definition, namespace, name)).object);
  }

  /** One page (everything, without `limit`) at one revision. */
  async list(
    definition: ResourceDefinition,
    version: string,
    namespace: string | undefined,
    query: URLSearchParams,
  ): Promise<ListPage> {
    const predicate = queryPredicate(definition, version, query);
    if ((query.get('continue') ?? '') !== '' && !['', '0'].includes(query.get('resourceVersion') ?? ''))
      throw badRequest('specifying resource version is not allowed when using continue');
    const prefix = storageKey(definition, namespace);
    const token = parseContinue(query.get('continue') ?? '');
    const asked = token ? undefined : await this.#askedRevision(query);
    const pinned = token ? (token.rv > 0 ? token.rv : undefined) : asked?.revision;
    const limit = asked?.unlimited === true ? 0 : wholeNumber(query, 'limit');
    const items: StoredObject[] = [];
    let last: StoredObject | undefined;
    let revision = pinned;
    for (;;) {
      const after = last?.key ?? (token && prefix + token.start);
      const page = await this.#page(prefix, { limit, after, revision });
      revision = page.revision;
      for (const [index, stored] of page.items.entries()) {
        last = stored;
        if (predicate && index % PARSED_AT_ONCE === PARSED_AT_ONCE - 1) await setImmediate();
        if (!predicate || predicate(stored.object)) items.push(stored);
        const left = page.remaining + page.items.length - index - 1;
        if (limit > 0 && items.length >= limit && left > 0)
          return {
            items,
            resourceVersion: String(revision),
            continueToken: formatContinue({
              v: 'meta.k8s.io/v1',
              rv: revision,
              start: stored.key.slice(prefix.length),
            }),
            remainingItemCount: predicate ? undefined : left,
          };
      }
      if (page.remaining === 0 || page.items.length === 0)
        return { items, resourceVersion: String(revision), continueToken: undefined, remainingItemCount: undefined };
    }
  }

  async #page(
    prefix: string,
    page: { limit: number; after: string | undefined; revision: number | undefined },
  ): ReturnType<ApiContext['storage']['list']> {
    try {
      return await this.#context.storage.list(prefix, {
        limit: page.limit,
        ...(page.after !== undefined && { after: page.after }),
        ...(page.revision !== undefined && { revision: page.revision }),
      });
    } catch (error) {
      if (!(error instanceof EtcdCompactedError)) throw error;
      if (page.after === undefined) throw expired('The resourceVersion for the provided list is too old.');
      const start = page.after.slice(prefix.length);
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
        formatContinue({ v: 'meta.k8s.io/v1', rv: -1, start }),
      );
    }
  }

  /**
   * The revision at which a list must be read; undefined for what is there now. `Exact` fixes it, and so does a limit beside a
   * version; a list from version 0 is one that kube-apiserver answers from its memory, whatever the limit.
   */
  async #askedRevision(query: URLSearchParams): Promise<{ revision: number | undefined; unlimited: boolean }> {
    const text = query.get('resourceVersion') ?? '';
    if (text === '') return { revision: undefined, unlimited: false };
    const asked = parseListRevision(text);
    if (asked === 0) return { revision: undefined, unlimited: true };
    const match = query.get('resourceVersionMatch') ?? '';
    const exact = match === 'Exact' || (match === '' && wholeNumber(query, 'limit') > 0);
    if (!exact) {
      await this.#reach(asked);
      return { revision: undefined, unlimited: false };
    }
    if (asked > (await this.#context.storage.revision())) throw futureRevision();
    return { revision: asked, unlimited: false };
  }

  /** Waits a while for a revision that the store has not reached, as one of several API servers would that lags behind. */
  async #reach(asked: number): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += REACH_POLL_MS) {
      const current = await this.#context.storage.revision();
      if (asked <= current) return;
      if (waitedMs >= REACH_LIMIT_MS) throw resourceVersionTooLarge(asked, current);
      // The store tells of changes below a key, not of revisions; who asks for one that is not there yet is rare.
      await setTimeout(REACH_POLL_MS);
    }
  }
}

/** How long kube-apiserver waits for a resourceVersion that it has not seen. */
const REACH_LIMIT_MS = 3000;
const REACH_POLL_MS = 100;

/** What the store's own refusal becomes: a failure without a reason, as kube-apiserver passes it on. */
function futureRevision(): Error {
  return statusError(500, '', 'etcdserver: mvcc: required revision is a future revision');
}

function revisionFault(text: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

/** Throws BadRequest when the text is not a resourceVersion. */
function parseListRevision(text: string): number {
  if (!/^\d+$/.test(text)) throw badRequest(`invalid resource version: ${revisionFault(text)}`);
  return Number(text);
}

/** The same for watches and single objects, where kube-apiserver fails without a reason. */
export function parseReadRevision(text: string): number {
  if (!/^\d+$/.test(text)) throw statusError(500, '', revisionFault(text));
  return Number(text);
}

export function wholeNumber(query: URLSearchParams, name: string): number {
  const value = Number(query.get(name) ?? '0');
  return Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}

function formatContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseContinue(text: string): ContinueToken | undefined {
  if (text === '') return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as ContinueToken;
    if (token.v === 'meta.k8s.io/v1' && typeof token.rv === 'number' && textOf(token.start) !== '') return token;
  } catch (error) {
    if (!(error instanceof SyntaxError) && !isGlobalctlError(error)) throw error;
  }
  throw badRequest('invalid continue token: continue key is not valid: it holds no position in a list');
}
