import { fieldAt } from '../../kube/index.ts';
import {
  filesOf,
  isRecord,
  kubeadmPaths,
  listAt,
  misnamedEncryptionKey,
  readEmbedded,
  shown,
  textAt,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
} from '../../providers/index.ts';

const fileKey = 'encryption-provider.conf';

interface Configuration {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly text: string;
}

/** Encryption configurations in files of the control plane, and in the Secret that DCSCluster or HCSCluster refers to. */
function* configurations({ sources, provider, ofKind, find }: ManifestView): Generator<Configuration> {
  for (const source of sources)
    for (const { path, file, at: place } of filesOf(source))
      if (path === kubeadmPaths.encryptionProvider && source.config && typeof file['content'] === 'string')
        yield { at: source.config, path: [...place, 'content'], text: file['content'] };
  for (const cluster of ofKind(provider.kinds.cluster.kind)) {
    const at = find('Secret', fieldAt(cluster.object, 'spec', 'encryptionProviderConfigRef', 'name'));
    if (!at) continue;
    const plain = textAt(at.object, ['stringData', fileKey]);
    const encoded = textAt(at.object, ['data', fileKey]);
    if (plain !== undefined) yield { at, path: ['stringData', fileKey], text: plain };
    else if (encoded !== undefined)
      yield { at, path: ['data', fileKey], text: Buffer.from(encoded, 'base64').toString('utf8') };
  }
}

/** A sentence about the first thing that the API server would not take, or that the two sides would not share. */
function faultOf(text: string): { message: string; expected: string } | undefined {
  const read = readEmbedded(text);
  if (!read.readable || !isRecord(read.value))
    return { message: 'the encryption configuration cannot be read', expected: 'EncryptionConfiguration' };
  const [entry] = listAt(read.value, ['resources']);
  if (!listAt(entry, ['resources']).includes('secrets'))
    return { message: 'the encryption configuration does not cover secrets', expected: 'resources: [secrets]' };
  const [provider] = listAt(entry, ['providers']);
  if (!isRecord(provider) || isRecord(provider['identity']) || 'identity' in provider)
    return { message: 'the first provider leaves Secrets as they are', expected: 'aescbc as the first provider' };
  const key = fieldAt(provider, 'aescbc', 'keys', 0);
  if (!isRecord(key)) return { message: 'no aescbc key is declared', expected: 'aescbc with one key' };
  if (key['name'] !== 'key1')
    return { message: `the key is called ${shown(key['name'])}`, expected: 'key1, alike on both sides' };
  const secret = key['secret'];
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'base64') : Buffer.alloc(0);
  // A stand-in of the page, or a variable that another rule reports.
  if (typeof secret === 'string' && /^\$\{|^</.test(secret)) return undefined;
  if (typeof secret !== 'string' || ![16, 24, 32].includes(bytes.length) || bytes.toString('base64') !== secret)
    return { message: 'the key is no base64 of 32 bytes', expected: 'head -c 32 /dev/urandom | base64' };
  return undefined;
}

export const encryptionFile: ManifestRule = {
  code: 'MANIFEST_ENCRYPTION',
  severity: 'error',
  what: 'The encryption configuration covers secrets with aescbc, key1 and base64 of 32 bytes; the Secret that carries it has the key encryption-provider.conf.',
  why: 'Seen on the first node, where the API server ends; in disaster recovery at the failover, when the standby cannot read a Secret of the primary.',
  guide: 'Optional Disaster Recovery Deployment',
  example: misnamedEncryptionKey,
  *check(view) {
    for (const { at, path, text } of configurations(view)) {
      const fault = faultOf(text);
      // The text holds a key: it is not shown.
      if (fault) yield { at, path, ...fault };
    }
    for (const cluster of view.ofKind(view.provider.kinds.cluster.kind)) {
      const at = view.find('Secret', fieldAt(cluster.object, 'spec', 'encryptionProviderConfigRef', 'name'));
      if (!at || [...Object.keys(recordOf(at, 'data')), ...Object.keys(recordOf(at, 'stringData'))].includes(fileKey))
        continue;
      yield {
        at,
        path: ['data'],
        message: `the Secret has no key ${fileKey}`,
        expected: fileKey,
        found: [...Object.keys(recordOf(at, 'data')), ...Object.keys(recordOf(at, 'stringData'))].join(', ') || 'none',
      };
    }
  },
};

function recordOf({ object }: PlacedObject, field: string): Record<string, unknown> {
  const value = object[field];
  return isRecord(value) ? value : {};
}
