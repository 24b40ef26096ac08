import { isGlobalctlError } from '../../base/index.ts';
import { fieldAt, textAt, type KubeObject } from '../../kube/index.ts';
import { renderSite, type RenderedSite } from '../../manifests/index.ts';
import type { FieldFinding, Finding } from '../../site/index.ts';
import type { Pair } from '../pair.ts';
import { encryptionDifference, encryptionOf } from './encryption.ts';

/** What both sides would apply, so that a release manifest that was merged in is looked at, too. */
export interface RenderedPair {
  readonly primary: RenderedSite;
  readonly standby: RenderedSite;
}

/** Both manifests with their secrets; undefined where a secret cannot be read, which is reported elsewhere. */
export async function renderPair(pair: Pair): Promise<RenderedPair | undefined> {
  try {
    const [primary, standby] = await Promise.all([renderSite(pair.primary.loaded), renderSite(pair.standby.loaded)]);
    return { primary, standby };
  } catch (error) {
    if (isGlobalctlError(error, 'SECRET_UNREADABLE') || isGlobalctlError(error, 'SITE_ENCRYPTION_KEY'))
      return undefined;
    throw error;
  }
}

/** The SANs of etcd in the order in which they are written. */
export function etcdSansOf(objects: readonly KubeObject[]): readonly string[] | undefined {
  const controlPlane = objects.find(({ kind }) => kind === 'KubeadmControlPlane');
  const sans = fieldAt(
    controlPlane,
    'spec',
    'kubeadmConfigSpec',
    'clusterConfiguration',
    'etcd',
    'local',
    'serverCertSANs',
  );
  return Array.isArray(sans) ? sans.map(String) : undefined;
}

/** What must be equal or distinct in the objects that are applied: encryption, SANs, the import list, VM folders. */
export function compareRendered(pair: Pair, { primary, standby }: RenderedPair): Finding[] {
  const findings: FieldFinding[] = [];
  const at = (
    code: 'DR_NOT_EQUAL' | 'DR_NOT_DISTINCT',
    path: string,
    rest: Omit<FieldFinding, 'code' | 'severity' | 'path'>,
  ): void => void findings.push({ code, severity: 'error', path, otherPath: 'dr', ...rest });
  const [keyA, keyB] = [encryptionOf(primary.manifest), encryptionOf(standby.manifest)];
  if (keyA === undefined || keyB === undefined)
    at('DR_NOT_EQUAL', 'dr.encryptionKey', {
      message: 'a manifest carries no encryption configuration to the nodes',
      expected: 'the same encryption configuration on both sides',
      found: `primary: ${keyA === undefined ? 'none' : 'present'}, standby: ${keyB === undefined ? 'none' : 'present'}`,
    });
  else {
    const difference = encryptionDifference(keyA, keyB);
    if (difference !== undefined)
      at('DR_NOT_EQUAL', 'dr.encryptionKey', {
        message: `the encryption configurations differ in ${difference}`,
        expected: 'identical bytes on both sides',
      });
  }
  const [sansA, sansB] = [etcdSansOf(primary.manifest), etcdSansOf(standby.manifest)];
  if (JSON.stringify(sansA) !== JSON.stringify(sansB))
    at('DR_NOT_EQUAL', 'dr', {
      message: 'the SANs of etcd differ',
      expected: sansA?.join(', ') ?? 'none',
      found: sansB?.join(', ') ?? 'none',
    });
  const [listA, listB] = [listOf(primary), listOf(standby)];
  if (listA !== listB)
    at('DR_NOT_EQUAL', 'provider', {
      message: 'the import ConfigMaps of the two sides differ',
      expected: listA ?? 'none, as on the primary side',
      found: listB ?? 'none',
    });
  const foldersA = foldersOf(primary.manifest);
  for (const folder of foldersOf(standby.manifest))
    if (foldersA.has(folder))
      at('DR_NOT_DISTINCT', 'vsphere.folder', {
        message: 'the VMs of both sides would lie in one folder',
        expected: 'a folder for each side, e.g. /<datacenter>/vm/global/standby',
        found: folder,
      });
  return findings.map((finding) => pair.standby.loaded.locate(finding));
}

function listOf({ importConfigMap }: RenderedSite): string | undefined {
  return importConfigMap === undefined ? undefined : JSON.stringify(fieldAt(importConfigMap, 'data'));
}

function foldersOf(objects: readonly KubeObject[]): ReadonlySet<string> {
  return new Set(
    objects.flatMap((object) =>
      object.kind === 'VSphereMachineTemplate' ? (textAt(object, 'spec', 'template', 'spec', 'folder') ?? []) : [],
    ),
  );
}
