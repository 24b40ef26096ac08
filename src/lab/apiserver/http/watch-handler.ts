import type { KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { parseReadRevision, queryPredicate, wholeNumber, type ObjectReader } from '../object-reader.ts';
import { inVersion, storedJson } from '../object-writer.ts';
import { groupVersion, storageKey } from '../resource-definition.ts';
import { expired } from '../status-error.ts';
import type { StoredObject } from '../stored-object.ts';
import { partialMetadata, tableOf } from '../table.ts';
import { WatchSession, type EventEncoding } from '../watch/watch-session.ts';
import { includeObject, representationOf } from './representation.ts';
import type { ResourceRequest } from './resource-request.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Serves a watch until its client goes away or its time is up. */
export async function serveWatch(context: ApiContext, reader: ObjectReader, request: ResourceRequest): Promise<void> {
  const { exchange, definition, version, info } = request;
  const { query } = exchange;
  const encoding = encodingOf(context, request);
  const asked = query.get('resourceVersion') ?? '';
  const askedRevision = asked === '' ? 0 : parseReadRevision(asked);
  const selector = new URLSearchParams(query);
  if (info.name !== undefined) selector.set('fieldSelector', `metadata.name=${info.name}`);
  const predicate = queryPredicate(definition, version, selector);
  const bookmarks = query.get('allowWatchBookmarks') === 'true';
  const initialEvents = query.get('sendInitialEvents');
  // Without a version a watch begins with the present state, unless told not to.
  const initial = initialEvents === null ? askedRevision === 0 : initialEvents === 'true';
  const cache = await context.caches.of(definition);

  // The present state is read from the store, so that what follows from the cache joins on without a gap.
  const state = initial ? await reader.list(definition, version, info.namespace, selectorsOf(selector)) : undefined;
  const fromRevision = state ? Number(state.resourceVersion) : askedRevision || cache.revision;
  const session = new WatchSession({
    response: exchange.response,
    keyPrefix: storageKey(definition, info.namespace),
    predicate,
    encoding,
    bookmark: (revision) => ({
      kind: definition.kind,
      apiVersion: groupVersion(definition, version),
      metadata: { resourceVersion: String(revision), creationTimestamp: null },
    }),
    fromRevision,
  });
  exchange.openStream('application/json');
  const limitSeconds = wholeNumber(query, 'timeoutSeconds');
  const timers: NodeJS.Timeout[] = [];
  // Wall clock: it is the client that named the limit.
  if (limitSeconds > 0) timers.push(setTimeout(() => session.finish(), limitSeconds * 1000).unref());
  let unsubscribe: (() => void) | undefined;
  try {
    if (state) await session.begin(state.items);
    if (initialEvents === 'true' && bookmarks) session.sendBookmark({ [INITIAL_EVENTS_END]: 'true' });
    unsubscribe = await session.follow(cache);
    if (!unsubscribe) {
      const { status } = expired(`too old resource version: ${String(fromRevision)} (${String(cache.oldestRevision)})`);
      session.send('ERROR', status);
      session.finish();
      return;
    }
    if (bookmarks) timers.push(setInterval(() => session.sendBookmark(), BOOKMARK_INTERVAL_MS).unref());
    await session.ended();
  } finally {
    unsubscribe?.();
    for (const timer of timers) clearTimeout(timer);
  }
}

function selectorsOf(query: URLSearchParams): URLSearchParams {
  const selectors = new URLSearchParams();
  for (const name of ['labelSelector', 'fieldSelector']) {
    const value = query.get(name);
    if (value !== null) selectors.set(name, value);
  }
  return selectors;
}

function encodingOf(context: ApiContext, request: ResourceRequest): EventEncoding {
  const { exchange, definition, version } = request;
  const { form, version: metaVersion } = representationOf(request);
  // Kinds of several groups may share what is stored, as events do: their forms differ by more than the version.
  const served = groupVersion(definition, version);
  if (form === 'object') return { form: served, encode: (stored) => storedJson(definition, version, stored) };
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  const shown = (stored: StoredObject): KubeObject => inVersion(definition, version, stored.object);
  if (form !== 'table')
    return {
      form: `${served} metadata ${metaVersion}`,
      encode: (stored) => Buffer.from(JSON.stringify({ ...partialMetadata(shown(stored)), apiVersion })),
    };
  const include = includeObject(exchange.query);
  return {
    form: `${served} table ${include} ${metaVersion}`,
    encode: (stored) => {
      const metadata = { resourceVersion: String(stored.revision) };
      const options = { includeObject: include, nowMs: context.clock.now() };
      const table = tableOf(definition, version, [shown(stored)], metadata, options);
      return Buffer.from(JSON.stringify({ ...table, apiVersion }));
    },
  };
}
