import { isGlobalctlError } from '../../base/index.ts';
import { prefixRange, readPages, type KeyValue, type KeyValueStore, type Op } from '../../etcd/index.ts';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient, type ObjectRef } from '../../kube/index.ts';
import { ClusterSelection } from './cluster-selection.ts';
import { REMOTE_CLIENT } from './primary-access.ts';
import { folderOf, parseRegistryKey } from './registry-key.ts';
import type { SelectionRules } from './rules.ts';

/** Whether the standby reads Secrets as they lie in the primary's etcd. `absent`: there is none yet that could show it. */
export type SecretsVerdict =
  | { readonly state: 'proven'; readonly secret: string }
  | { readonly state: 'absent' }
  | { readonly state: 'held'; readonly reason: string };

const FOLDER = `${folderOf('', 'secrets')}${PLATFORM_NAMESPACE}/`;

/**
 * Proves, or disproves, that both sides encrypt Secrets alike: one Secret that is to be synchronised is written as it lies in the
 * primary's etcd, then read through the standby's API and compared with what the primary's API says. When that fails, what stood
 * there before is put back. Throws what a side throws that does not answer.
 */
export async function proveSecrets(options: {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly primaryApi: KubeClient;
  readonly standbyApi: KubeClient;
  readonly rules: SelectionRules;
  readonly signal: AbortSignal;
}): Promise<SecretsVerdict> {
  const { target, primaryApi, standbyApi, signal } = options;
  const canary = await findCanary(options);
  if (canary === undefined) return { state: 'absent' };
  const { ref, kv } = canary;
  // A Secret of the standby's own shows how its API server writes; another form needs no trial.
  const own = await target.range({ key: Buffer.from(`${FOLDER}${REMOTE_CLIENT}`) });
  const [theirs, ours] = [formOf(kv.value), own.kvs[0] && formOf(own.kvs[0].value)];
  if (ours !== undefined && theirs !== ours)
    return { state: 'held', reason: `the primary writes Secrets ${theirs}, the standby ${ours}` };

  const expected = (await primaryApi.find(resources.secrets, ref, signal))?.['data'];
  const before = (await target.range({ key: kv.key })).kvs[0];
  const isThere = before !== undefined && Buffer.compare(before.value, kv.value) === 0;
  if (!isThere && !(await swap(target, before, { type: 'put', key: kv.key, value: kv.value })))
    return { state: 'absent' };
  const fault = await readBack(standbyApi, ref, expected, signal);
  if (fault === undefined) return { state: 'proven', secret: ref.name };
  if (!isThere) {
    const written = (await target.range({ key: kv.key })).kvs[0];
    const undo: Op = before ? { type: 'put', key: kv.key, value: before.value } : { type: 'deleteRange', key: kv.key };
    if (written && Buffer.compare(written.value, kv.value) === 0) await swap(target, written, undo);
  }
  return { state: 'held', reason: `Secret ${ref.name} of the primary, written into the standby's etcd, ${fault}` };
}

async function findCanary(options: {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly rules: SelectionRules;
  readonly signal: AbortSignal;
}): Promise<{ readonly ref: ObjectRef; readonly kv: KeyValue } | undefined> {
  const { source, target, signal } = options;
  const rules = { ...options.rules, secrets: true };
  const at = async (store: KeyValueStore): Promise<ClusterSelection> => {
    const { revision } = await store.range({ key: Buffer.from(FOLDER), countOnly: true });
    return ClusterSelection.at(store, { revision, rules, signal });
  };
  const [ofSource, ofTarget] = await Promise.all([at(source), at(target)]);
  for await (const { kvs } of readPages(source, prefixRange(folderOf('', 'secrets')), { signal }))
    for (const kv of kvs) {
      const path = parseRegistryKey(kv.key);
      if (path === undefined || !ofSource.has(kv.key) || ofTarget.keeps(kv.key)) continue;
      return { ref: { name: path.name, namespace: path.namespace }, kv };
    }
  return undefined;
}

/** Writes unless somebody else did meanwhile. */
async function swap(
  target: KeyValueStore,
  before: KeyValue | undefined,
  op: Op & { readonly key: Uint8Array },
): Promise<boolean> {
  const { succeeded } = await target.txn({
    compare: [{ key: op.key, target: 'modRevision', result: 'equal', modRevision: before?.modRevision ?? 0 }],
    success: [op],
    failure: [],
  });
  return succeeded;
}

/** What is wrong with the Secret as the standby's API shows it; undefined when nothing is. */
async function readBack(
  api: KubeClient,
  ref: ObjectRef,
  expected: unknown,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const found = await api.find(resources.secrets, ref, signal);
    if (found === undefined) return 'is not shown by its API';
    return sameData(fieldAt(found, 'data'), expected) ? undefined : 'is shown with other content by its API';
  } catch (error) {
    if (isGlobalctlError(error, 'KUBE_API')) return `cannot be read by its API: ${error.message}`;
    throw error;
  }
}

function sameData(a: unknown, b: unknown): boolean {
  const sorted = (data: unknown): string =>
    JSON.stringify(Object.entries(data ?? {}).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}

/** `encrypted with aescbc, key key1`: what the value says of itself (Kubernetes, "Encrypting Confidential Data at Rest"). */
function formOf(value: Uint8Array): string {
  const match = /^k8s:enc:([^:]+):v\d+:([^:]+):/.exec(Buffer.from(value.subarray(0, 200)).toString('latin1'));
  return match ? `encrypted with ${String(match[1])}, key ${String(match[2])}` : 'not encrypted';
}
