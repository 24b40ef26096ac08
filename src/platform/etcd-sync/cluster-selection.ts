import { prefixRange, readPages, type KeyValueStore, type Selection, type WatchEvent } from '../../etcd/index.ts';
import { GlobalOwnership, isClusterKind, PLATFORM_NAMESPACE, type KubeObject } from '../../kube/index.ts';
import { parseRegistryKey, type RegistryKey } from './registry-key.ts';
import { clusterApiGroups, clusterSecretSuffixes, sideBoundObjects, type SelectionRules } from './rules.ts';
import { secretReferences } from './secret-references.ts';

const GLOBAL_PREFIX = 'global-';
const groups = new Set(clusterApiGroups);
const SECRETS = 'secrets';

/** What is remembered of an object of Cluster API: who owns it, and which Secrets it needs. */
interface Known {
  readonly key: string;
  readonly object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;
  readonly secrets: readonly string[];
}

/**
 * Which keys of a `global` cluster's etcd are synchronised: what is not a side's own. Inside of cpaas-system that is decided by
 * name, prefix and owner, for which the objects of Cluster API there are remembered; the rest is decided by the key alone.
 */
export class ClusterSelection implements Selection {
  readonly #rules: SelectionRules;
  readonly #onHeldSecret: (() => void) | undefined;
  readonly #known = new Map<string, Known>();
  readonly #ownership = new GlobalOwnership();
  /** Of objects that others own: `Kind/name` to the keys of what it owns. */
  readonly #dependents = new Map<string, Set<string>>();
  /** How many objects of workload clusters, and of `global`, need each Secret. */
  readonly #needed = { workload: new Map<string, number>(), global: new Map<string, number>() };
  /** As it was counted in `#needed`. */
  readonly #seen = new Map<string, 'workload' | 'global'>();

  /** `onHeldSecret`: told when a Secret would take part if Secrets did, or is needed from now on. */
  constructor(rules: SelectionRules, onHeldSecret?: () => void) {
    this.#rules = rules;
    this.#onHeldSecret = onHeldSecret;
  }

  /** The selection as it was at a revision of a store. Throws EtcdCompactedError and what the store throws. */
  static async at(
    store: KeyValueStore,
    options: {
      readonly revision: number;
      readonly rules: SelectionRules;
      readonly onHeldSecret?: (() => void) | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<ClusterSelection> {
    const { revision, rules, onHeldSecret, signal } = options;
    const selection = new ClusterSelection(rules, onHeldSecret);
    for (const group of clusterApiGroups)
      for await (const { kvs } of readPages(store, prefixRange(`/registry/${group}/`), { revision, signal }))
        for (const kv of kvs) selection.apply({ type: 'put', kv });
    return selection;
  }

  has(key: Uint8Array): boolean {
    const path = parseRegistryKey(key);
    if (path === undefined || this.#isExcluded(path)) return false;
    const { group, resource, namespace, name } = path;
    const isPlatform = namespace === PLATFORM_NAMESPACE;
    if (group === '' && resource === SECRETS) {
      if (isPlatform && !this.#isWorkloadSecret(name)) return false;
      if (!this.#rules.secrets) this.#onHeldSecret?.();
      return this.#rules.secrets;
    }
    if (isPlatform) return groups.has(group) && this.#seen.get(textOf(key)) === 'workload';
    if (namespace !== undefined) return true;
    if (group === '') return resource === 'namespaces' && !this.#rules.excludedNamespaces.has(name);
    return !name.startsWith(GLOBAL_PREFIX) || !groups.has(group);
  }

  keeps(key: Uint8Array): boolean {
    const path = parseRegistryKey(key);
    if (path?.namespace !== PLATFORM_NAMESPACE) return false;
    if (groups.has(path.group)) return this.#seen.get(textOf(key)) === 'global';
    if (path.group !== '' || path.resource !== SECRETS) return false;
    return path.name.startsWith(GLOBAL_PREFIX) || this.#needed.global.has(path.name);
  }

  apply({ type, kv }: WatchEvent): readonly Uint8Array[] {
    const path = parseRegistryKey(kv.key);
    if (path?.namespace !== PLATFORM_NAMESPACE || !groups.has(path.group)) return [];
    const key = textOf(kv.key);
    const before = this.#known.get(key);
    const after = type === 'put' ? read(key, kv.value) : undefined;
    if (before && after && JSON.stringify(before) === JSON.stringify(after)) return [];
    const secrets = new Set([...secretsOf(before), ...secretsOf(after)]);
    const affected = new Set([key]);
    for (const known of [before, after]) if (known) this.#addDependents(nameOf(known.object), affected);
    for (const each of affected) for (const name of secretsOf(this.#known.get(each))) secrets.add(name);
    const had = new Map([...secrets].map((name) => [name, this.#isWorkloadSecret(name)]));
    const seenBefore = new Map([...affected].map((each) => [each, this.#seen.get(each)]));

    for (const each of affected) this.#forgetNeeds(each);
    if (before) this.#unlink(before);
    if (after) this.#link(after);
    for (const each of affected) this.#countNeeds(each);

    const turned = [...affected].filter((each) => each !== key && this.#seen.get(each) !== seenBefore.get(each));
    const secretsTurned = [...had].filter(([name, was]) => this.#isWorkloadSecret(name) !== was);
    if (this.#rules.secrets)
      turned.push(...secretsTurned.map(([name]) => `/registry/${SECRETS}/${PLATFORM_NAMESPACE}/${name}`));
    else if (secretsTurned.length > 0) this.#onHeldSecret?.();
    return turned.map((each) => Buffer.from(each, 'utf8'));
  }

  #isWorkloadSecret(name: string): boolean {
    return this.#needed.workload.has(name) && !this.#needed.global.has(name) && !name.startsWith(GLOBAL_PREFIX);
  }

  #isExcluded({ group, resource, namespace, name }: RegistryKey): boolean {
    const { excludedNamespaces, excludedResources } = this.#rules;
    if (namespace !== undefined && namespace !== PLATFORM_NAMESPACE && excludedNamespaces.has(namespace)) return true;
    if (group === '') return excludedResources.has(resource);
    return (
      excludedResources.has(`${group}/*`) ||
      excludedResources.has(`${group}/${resource}`) ||
      (namespace === undefined && sideBoundObjects.includes(`${group}/${resource}/${name}`))
    );
  }

  /** What hangs on an object, at any depth: how it is seen may change with it. */
  #addDependents(owner: string, found: Set<string>): void {
    for (const key of this.#dependents.get(owner) ?? []) {
      const known = this.#known.get(key);
      if (known === undefined || found.has(key)) continue;
      found.add(key);
      this.#addDependents(nameOf(known.object), found);
    }
  }

  #link(known: Known): void {
    this.#known.set(known.key, known);
    this.#ownership.set(known.object);
    for (const { kind, name } of known.object.metadata.ownerReferences ?? []) {
      const owner = `${kind}/${name}`;
      const keys = this.#dependents.get(owner) ?? new Set();
      this.#dependents.set(owner, keys.add(known.key));
    }
  }

  #unlink(known: Known): void {
    this.#known.delete(known.key);
    this.#ownership.delete(known.object);
    for (const { kind, name } of known.object.metadata.ownerReferences ?? []) {
      const keys = this.#dependents.get(`${kind}/${name}`);
      keys?.delete(known.key);
      if (keys?.size === 0) this.#dependents.delete(`${kind}/${name}`);
    }
  }

  #forgetNeeds(key: string): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) return;
    this.#seen.delete(key);
    const counts = this.#needed[seen];
    for (const name of secretsOf(this.#known.get(key))) {
      const count = (counts.get(name) ?? 0) - 1;
      if (count > 0) counts.set(name, count);
      else counts.delete(name);
    }
  }

  #countNeeds(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    const seen = this.#ownership.seenAs(known.object).as;
    this.#seen.set(key, seen);
    const counts = this.#needed[seen];
    for (const name of known.secrets) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

function secretsOf(known: Known | undefined): readonly string[] {
  return known?.secrets ?? [];
}

function nameOf({ kind, metadata }: Known['object']): string {
  return `${kind}/${String(metadata.name)}`;
}

/** undefined for a value that is no object: it takes no part. */
function read(key: string, value: Uint8Array): Known | undefined {
  let object: KubeObject;
  try {
    object = JSON.parse(Buffer.from(value).toString('utf8')) as KubeObject;
  } catch {
    return undefined;
  }
  if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string') return undefined;
  const { apiVersion, kind, metadata } = object;
  const { name = '', ownerReferences } = metadata;
  const ofCluster = isClusterKind(object) ? clusterSecretSuffixes.map((suffix) => `${name}-${suffix}`) : [];
  return {
    key,
    object: { apiVersion, kind, metadata: { name, ...(ownerReferences && { ownerReferences }) } },
    secrets: [...new Set([...secretReferences(object), ...ofCluster])],
  };
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8');
}
