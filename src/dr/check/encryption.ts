import { parse } from 'yaml';
import { fieldAt, textAt, type KubeObject } from '../../kube/index.ts';

/** Where kubeadm puts it, and the Secret by which the DCS provider delivers it (disaster-recovery §2). */
export const ENCRYPTION_FILE = '/etc/kubernetes/encryption-provider.conf';
export const ENCRYPTION_SECRET = 'encryption-provider-config';
const SECRET_KEY = 'encryption-provider.conf';

/** The encryption configuration that objects carry: in a file of the KubeadmControlPlane, or in the provider's Secret. */
export function encryptionOf(objects: readonly KubeObject[]): string | undefined {
  for (const object of objects) {
    const found =
      object.kind === 'Secret' ? ofSecret(object) : object.kind === 'KubeadmControlPlane' ? ofFiles(object) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofSecret(object: KubeObject): string | undefined {
  if (object.metadata.name !== ENCRYPTION_SECRET) return undefined;
  const encoded = textAt(object, 'data', SECRET_KEY);
  return textAt(object, 'stringData', SECRET_KEY) ?? (encoded && Buffer.from(encoded, 'base64').toString('utf8'));
}

function ofFiles(object: KubeObject): string | undefined {
  const files = fieldAt(object, 'spec', 'kubeadmConfigSpec', 'files');
  const list: readonly unknown[] = Array.isArray(files) ? files : [];
  const entry = list.find((file) => fieldAt(file, 'path') === ENCRYPTION_FILE);
  return textAt(entry, 'content');
}

interface KeyEntry {
  readonly provider: string;
  readonly name: string | undefined;
  readonly secret: string | undefined;
}

/**
 * In what two encryption configurations differ, in words that show no key; undefined when every byte is equal. The order of the
 * providers, the names of the keys and their values must be the same on both sides (disaster-recovery §1).
 */
export function encryptionDifference(a: string, b: string): string | undefined {
  if (a === b) return undefined;
  const [left, right] = [entriesOf(a), entriesOf(b)];
  if (!left || !right) return 'one of them is no EncryptionConfiguration';
  const list = (entries: readonly KeyEntry[], key: keyof KeyEntry): string =>
    entries.map((entry) => entry[key] ?? 'none').join(', ');
  if (list(left, 'provider') !== list(right, 'provider'))
    return `the order of the providers: ${list(left, 'provider')} against ${list(right, 'provider')}`;
  if (list(left, 'name') !== list(right, 'name'))
    return `the names of the keys: ${list(left, 'name')} against ${list(right, 'name')}`;
  if (list(left, 'secret') !== list(right, 'secret')) return 'the value of a key (not shown)';
  return 'their form, not the keys: spaces, quotes or what is encrypted';
}

function entriesOf(text: string): KeyEntry[] | undefined {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return undefined;
  }
  const listOf = (holder: unknown, key: string): readonly unknown[] => {
    const list = fieldAt(holder, key);
    return Array.isArray(list) ? list : [];
  };
  if (fieldAt(value, 'kind') !== 'EncryptionConfiguration') return undefined;
  return listOf(value, 'resources').flatMap((resource) =>
    listOf(resource, 'providers').flatMap((provider) =>
      Object.entries(typeof provider === 'object' && provider !== null ? provider : {}).flatMap(([name, config]) => {
        const keys = listOf(config, 'keys');
        if (keys.length === 0) return [{ provider: name, name: undefined, secret: undefined }];
        return keys.map((key) => ({ provider: name, name: textAt(key, 'name'), secret: textAt(key, 'secret') }));
      }),
    ),
  );
}
