import { GlobalctlError } from '../../../base/index.ts';
import { prefixRange, readPages, type KeyValueStore } from '../../../etcd/index.ts';
import { qualifiedName, type KubeClient, type KubeObject } from '../../../kube/index.ts';
import { describeNode, nodeKey, nodeOf, orderByOwnership, type ObjectNode } from '../../move/index.ts';
import { keyBaseOf, namespaceOf, type ImportItem } from './import-item.ts';

/** An object whose key is copied. */
export interface KeyNode extends ObjectNode {
  readonly key: string;
  /** The folder of keys in which it was found. */
  readonly folder: string;
}

/** What there is to import, at one moment. */
export interface Survey {
  readonly keys: readonly KeyNode[];
  /** The revision of the source's etcd that `keys` show. */
  readonly revision: number;
  /** Objects that go through the API. */
  readonly objects: readonly ObjectNode[];
}

/** Looks at everything that the items ask for. Objects that are asked for twice are there once. */
export async function surveySource(options: {
  readonly source: KubeClient;
  readonly store: KeyValueStore | undefined;
  readonly items: readonly ImportItem[];
  readonly signal?: AbortSignal | undefined;
}): Promise<Survey> {
  const { source, store, items, signal } = options;
  const byKey = items.filter((item) => item.method === 'etcdctl');
  const { keys, revision } = store === undefined ? { keys: [], revision: 0 } : await surveyKeys(store, byKey, signal);
  const objects = await surveyObjects(
    source,
    items.filter((item) => item.method === 'kubectl'),
    signal,
  );
  return { keys, revision, objects };
}

async function surveyKeys(
  store: KeyValueStore,
  items: readonly ImportItem[],
  signal?: AbortSignal,
): Promise<{ keys: KeyNode[]; revision: number }> {
  const { revision } = await store.range({ ...prefixRange('/registry/'), countOnly: true });
  const nodes = new Map<string, KeyNode>();
  for (const { resource, names } of items) {
    const folder = keyBaseOf(resource);
    const wanted = names && new Set(names.map((name) => folder + name));
    for await (const { kvs } of readPages(store, prefixRange(folder), { revision, signal }))
      for (const kv of kvs) {
        const key = Buffer.from(kv.key).toString('utf8');
        if ((wanted !== undefined && !wanted.has(key)) || nodes.has(key)) continue;
        const node = nodeOf(resource, requireLiving(decodeCustomResource(key, kv.value)), String(kv.modRevision));
        nodes.set(key, { ...node, key, folder });
      }
  }
  return { keys: [...nodes.values()], revision };
}

async function surveyObjects(
  source: KubeClient,
  items: readonly ImportItem[],
  signal?: AbortSignal,
): Promise<ObjectNode[]> {
  const nodes = new Map<string, ObjectNode>();
  for (const item of items)
    for await (const objects of objectPages(source, item, signal))
      for (const object of objects) {
        const node = nodeOf(item.resource, requireLiving(object), object.metadata.resourceVersion ?? '');
        nodes.set(nodeKey(node), node);
      }
  return [...nodes.values()];
}

/** The objects of an item, page by page. Throws KUBE_API (NotFound) for a name that is gone. */
async function* objectPages(
  source: KubeClient,
  { resource, names }: Pick<ImportItem, 'resource' | 'names'>,
  signal?: AbortSignal,
): AsyncGenerator<readonly KubeObject[], void, void> {
  const namespace = namespaceOf(resource);
  const missing = new Set(names);
  for await (const { items } of source.listPages(resource, { namespace, signal }))
    // One by one they would take a request each: a large cluster has a Secret for every machine.
    yield names === undefined ? items : items.filter((object) => missing.delete(object.metadata.name ?? ''));
  for (const name of missing) await source.get(resource, { name, namespace }, signal);
}

/** What is on its way out must not come to life again elsewhere. */
function requireLiving(object: KubeObject): KubeObject {
  if (object.metadata.deletionTimestamp === undefined) return object;
  throw new GlobalctlError('IMPORT_REFUSED', {
    message: `${object.kind} ${object.metadata.name ?? ''} is being deleted; the import waits until it is gone`,
    subject: `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`,
  });
}

/** API servers store custom resources as JSON. Throws IMPORT_REFUSED for anything else. */
export function decodeCustomResource(key: string, value: Uint8Array): KubeObject {
  const text = Buffer.from(value).toString('utf8');
  try {
    return JSON.parse(text) as KubeObject;
  } catch {
    throw new GlobalctlError('IMPORT_REFUSED', {
      message: 'the value of an etcd key is not a custom resource',
      subject: key,
      expected: 'JSON',
      found: text.startsWith('k8s:enc:') ? 'an encrypted value' : undefined,
      hint: 'Import through the API instead: annotate Cluster/global with installer.cpaas.io/import-method: kubectl.',
    });
  }
}

/**
 * Faults that only show when everything is seen together; throws IMPORT_REFUSED for owners that stay behind, for circles, for
 * keys that hang on an object which gets a new uid, and when the etcd does not hold what the API server serves.
 */
export async function checkSurvey(options: {
  readonly source: KubeClient;
  readonly items: readonly ImportItem[];
  readonly survey: Survey;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { source, items, survey, signal } = options;
  orderByOwnership<ObjectNode>([...survey.keys, ...survey.objects]);
  const renewed = new Map(survey.objects.map((node) => [node.uid, node]));
  for (const node of survey.keys)
    for (const { uid } of node.owners) {
      const owner = renewed.get(uid);
      if (owner)
        throw new GlobalctlError('IMPORT_REFUSED', {
          message: `${describeNode(node)} is copied by key, but its owner ${describeNode(owner)} goes through the API and gets a new uid`,
          hint: 'Give both the same method in ConfigMap cpaas-system/dcs-import-extra-resources.',
        });
    }
  for (const { resource, method, names } of items) {
    if (method !== 'etcdctl' || names !== undefined) continue;
    const present = survey.keys.filter((node) => qualifiedName(node.resource) === qualifiedName(resource)).length;
    if (present > 0) continue;
    const { items: served } = await source.list(resource, { namespace: namespaceOf(resource), signal });
    if (served.length > 0)
      throw new GlobalctlError('IMPORT_REFUSED', {
        message: `the etcd holds no key below ${keyBaseOf(resource)}, though the API server serves ${String(served.length)} objects`,
        subject: keyBaseOf(resource),
        hint: 'The API server keeps them elsewhere (--etcd-prefix, --etcd-servers-overrides), or this is another etcd.',
      });
  }
}
