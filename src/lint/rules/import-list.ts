import { PLATFORM_NAMESPACE } from '../../kube/index.ts';
import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  IMPORT_CONFIG_MAP,
  isRecord,
  listAt,
  readEmbedded,
  shown,
  textAt,
  type ImportEntry,
  type ObjectsRule,
  type ObjectsView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';

const listKey = 'resources.yaml';
const keys = ['resource', 'names', 'etcdKeyBase', 'method'];
type Say = Pick<RuleHit, 'message' | 'expected' | 'found'>;

/** The ConfigMap itself, or one that holds such a list under another name. */
function lists({ ofKind }: ObjectsView): PlacedObject[] {
  return ofKind('ConfigMap').filter(
    ({ object }) => object.metadata.name === IMPORT_CONFIG_MAP || fieldAt(object, 'data', listKey) !== undefined,
  );
}

/** The Secret that the new cluster needs, as the infra cluster or the site names it. */
function credentialSecret({ provider, ofKind, site }: ObjectsView): string | undefined {
  if (!provider) return undefined;
  const named = textAt(ofKind(provider.kinds.cluster.kind)[0]?.object, provider.shape.credentialRef);
  return named ?? (site && provider.credentialSecretName(site));
}

function* entryFaults(entry: unknown, index: number): Generator<Say> {
  const name = `entry ${String(index)}`;
  if (!isRecord(entry) || typeof entry['resource'] !== 'string') {
    yield { message: `${name} names no resource`, expected: 'resource: <plural>.<group>', found: shown(entry) };
    return;
  }
  const { resource, names, etcdKeyBase, method } = entry;
  for (const key of Object.keys(entry))
    if (!keys.includes(key))
      yield { message: `${name} has an unknown key ${key}`, expected: keys.join(', '), found: key };
  if (names !== undefined && (!Array.isArray(names) || names.length === 0 || names.some((n) => typeof n !== 'string')))
    yield { message: `names of ${name} is no list of names`, expected: 'a list, or no key names', found: shown(names) };
  if (method !== 'kubectl' && method !== 'etcdctl')
    yield {
      message: `the method of ${name} is ${shown(method)}`,
      expected: 'kubectl or etcdctl',
      found: shown(method),
    };
  if (resource === 'secrets' && method === 'etcdctl')
    yield {
      message: 'Secrets are encrypted in etcd and cannot be carried over by their keys',
      expected: 'method: kubectl',
      found: 'etcdctl',
    };
  if (method !== 'etcdctl' || resource === 'secrets') return;
  const [plural, ...group] = resource.split('.');
  const base = `/registry/${[group.join('.'), plural].filter((part) => part !== '').join('/')}/${PLATFORM_NAMESPACE}/`;
  if (etcdKeyBase !== base)
    yield { message: `etcdKeyBase of ${resource} is ${shown(etcdKeyBase)}`, expected: base, found: shown(etcdKeyBase) };
}

/** What the provider needs and the list lacks. */
function* gaps(entries: readonly Record<string, unknown>[], required: readonly ImportEntry[]): Generator<Say> {
  for (const { resource, names, method } of required) {
    const same = entries.filter((entry) => entry['resource'] === resource);
    if (same.length === 0) {
      yield {
        message: `${resource} is missing from the list`,
        expected: `an entry for ${resource}${names ? ` with names ${names.join(', ')}` : ''}`,
        found: 'none',
      };
      continue;
    }
    // Without names an entry stands for all of the kind.
    const listed = same.flatMap((entry) => (entry['names'] === undefined ? (names ?? []) : listAt(entry, ['names'])));
    for (const name of names ?? [])
      if (!listed.includes(name))
        yield {
          message: `${resource} does not list ${name}`,
          expected: name,
          found: listed.map(shown).join(', ') || 'none',
        };
    if (names === undefined && same.every((entry) => entry['names'] !== undefined))
      yield {
        message: `${resource} is limited to some names`,
        expected: 'no key names: all of them',
        found: listed.map(shown).join(', '),
      };
    if (!same.some((entry) => entry['method'] === method))
      yield {
        message: `${resource} is carried over by ${shown(same[0]?.['method'])}`,
        expected: `method: ${method}`,
        found: shown(same[0]?.['method']),
      };
  }
}

export const importList: ObjectsRule = {
  code: 'MANIFEST_IMPORT',
  severity: 'error',
  what: 'The ConfigMap dcs-import-extra-resources holds, under resources.yaml, every kind of the provider and the credential Secret of the infra cluster.',
  why: 'Seen after the install: the new cluster lacks its infrastructure objects or their account, and the first scaling or replacement fails.',
  guide: 'Step 7',
  needsProvider: false,
  appliesTo: 'every',
  fix: 'Renames the ConfigMap.',
  example: slip(
    `kind: ConfigMap
apiVersion: v1
metadata:
  name: dcs-import-extra-resources
  namespace: cpaas-system
data:
  resources.yaml: |
    resources:
      - resource: secrets
        names: [dcs-credentials]
        method: kubectl
`,
    'name: dcs-import-extra-resources',
    'name: vsphere-import-extra-resources # the prefix stays dcs for every provider',
  ),
  *check(view) {
    for (const at of lists(view)) {
      const { name } = at.object.metadata;
      if (name !== IMPORT_CONFIG_MAP)
        yield {
          at,
          path: ['metadata', 'name'],
          message: `the installer does not look for a ConfigMap ${String(name)}`,
          expected: IMPORT_CONFIG_MAP,
          found: String(name),
          fixes: [{ change: 'rename', at, to: IMPORT_CONFIG_MAP }],
        };
      const path = ['data', listKey];
      const text = fieldAt(at.object, ...path);
      const read = typeof text === 'string' ? readEmbedded(text) : undefined;
      const entries = read?.readable === true ? fieldAt(read.value, 'resources') : undefined;
      if (!Array.isArray(entries)) {
        const found =
          text === undefined
            ? Object.keys(isRecord(at.object['data']) ? at.object['data'] : {}).join(', ')
            : 'another text';
        const fault = read?.readable === false ? `: ${read.fault}` : '';
        yield {
          at,
          path,
          message: `${listKey} holds no list of resources${fault}`,
          expected: 'resources: with one entry a kind',
          found: found || 'no data',
        };
        continue;
      }
      for (const [index, entry] of entries.entries())
        for (const say of entryFaults(entry, index)) yield { at, path, ...say };
      const secret = credentialSecret(view);
      const required = view.provider && secret !== undefined ? view.provider.requiredImports(secret) : [];
      for (const say of gaps(entries.filter(isRecord), required)) yield { at, path, ...say };
    }
  },
};
