import type { FieldPath } from '../providers/index.ts';

/** By which key the entries of a list are the same entry, by the name of the list. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  files: ['path'],
  users: ['name'],
  extraVolumes: ['name'],
  pool: ['ip'],
  configs: ['hostname'],
  additionNic: ['ip'],
  persistentDisk: ['slot'],
  persistentDisks: ['slot', 'name'],
  dcsMachineDiskSpec: ['path', 'systemVolume'],
  dataVolumes: ['mountPath'],
  subnets: ['name'],
  resources: ['name'],
  additional: ['networkName'],
  elbVirsubnetL4Ips: ['subnetName'],
  elbVirsubnetL7Ips: ['subnetName'],
};

/** Lists of plain values to which the operator's own values are kept and ours added. */
const unitedLists = new Set([
  'serverCertSANs',
  'sshAuthorizedKeys',
  'preKubeadmCommands',
  'postKubeadmCommands',
  'ignorePreflightErrors',
]);

/** What identifies an entry of the list at `path`: `ip=10.0.0.1`; undefined when entries have no identity. */
export function entryIdentity(path: FieldPath, entry: unknown): string | undefined {
  const keys = listKeys[String(path.at(-1))];
  if (!keys || typeof entry !== 'object' || entry === null) return undefined;
  for (const key of keys) {
    const value = (entry as Record<string, unknown>)[key];
    if (value !== undefined) return `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  }
  return undefined;
}

export function isUnited(path: FieldPath): boolean {
  return unitedLists.has(String(path.at(-1)));
}

/** Names and references decide what belongs together; rules judge them, merging never renames. */
const operatorsKeys = new Set([
  'apiVersion',
  'kind',
  'name',
  'namespace',
  'format',
  'maxSurge',
  'maxUnavailable',
  'type',
]);

/** Blocks of the release manifest that the guide wants kept as they are. */
const operatorsBlocks = new Set([
  'files',
  'extraArgs',
  'kubeletExtraArgs',
  'extraVolumes',
  'imageRepository',
  'rolloutStrategy',
  'strategy',
  'selector',
  'machineTemplate',
  'nodeRegistration',
  'sudo',
]);

/** Values below these are the site's, even inside a block of the operator. */
function isSiteValue(path: FieldPath, entry: string | undefined): boolean {
  // The key is a secret of the site, and in disaster recovery it must be the one that both sides share.
  return entry === 'path=/etc/kubernetes/encryption-provider.conf' && path.at(-1) === 'content';
}

/** Whether the operator's value stands where both have one and they differ; else the site's takes its place. */
export function operatorWins(path: FieldPath, entry: string | undefined): boolean {
  if (isSiteValue(path, entry)) return false;
  if (path[0] === 'metadata' && (path[1] === 'labels' || path[1] === 'annotations')) return false;
  // Labels below the root select objects; they change together with their selector or not at all.
  if (path.includes('labels')) return true;
  return operatorsKeys.has(String(path.at(-1))) || path.some((step) => operatorsBlocks.has(String(step)));
}
