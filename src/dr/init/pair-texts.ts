import { isAbsolute, relative, resolve } from 'node:path';
import { isScalar, parseDocument, type Document } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';
import { formatPath, isSecretReference, parsePath, type FieldPath, type LoadedSite } from '../../site/index.ts';
import type { SideName } from '../pair.ts';
import { moveAddress, networkAround, type AddressMove } from './move-addresses.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';

export interface PairRequest {
  /** The one site that both come from; without a block `dr`. */
  readonly site: LoadedSite;
  readonly standbyVIP: string;
  /** Address of the standby side's KIND host; moved like the nodes when absent. */
  readonly standbyHostIP?: string | undefined;
  /** Reference to the shared key, as a site in `folder` says it. */
  readonly encryptionKey: string;
  readonly etcdSyncVersion?: string | undefined;
  /** Absolute path of the folder that the files are for. */
  readonly folder: string;
}

/** A field of the standby side that is not the primary's. */
export interface DerivedField {
  readonly path: string;
  readonly primary: string;
  readonly standby: string;
}

export interface PairTexts {
  readonly primary: string;
  readonly standby: string;
  readonly derived: readonly DerivedField[];
}

const sharedAddresses = /^network\.nodes\.(?:cidr|gateway|dns)/;
const relativePaths = /^(?:packages\.|manifest\.base$|access\.kubeconfig$|bootstrap\.hostRoot$)/;

/**
 * The two site files of a pair from one site. Comments and layout stay; every value of the standby side that was derived says so
 * at the end of its line. Throws DR_PAIR for a site that has a block `dr`, SITE_ADDRESS where an address cannot be derived.
 */
export function pairTexts(request: PairRequest): PairTexts {
  const { site } = request;
  if (site.site.dr)
    throw new GlobalctlError('DR_PAIR', {
      message: `${site.path} is a side of a pair already`,
      subject: 'dr',
      expected: 'a site without a block dr',
      place: site.placeOf('dr', 'key'),
      hint: 'Check it with its other side: globalctl dr check -f primary.yaml -f standby.yaml.',
    });
  const { controlPlaneVIP, nodes } = site.site.network;
  const inSame =
    networkAround(request.standbyVIP, nodes.cidr) === networkAround(nodes.cidr.split('/')[0] ?? '', nodes.cidr);
  const move: AddressMove = {
    from: nodes.cidr,
    to: inSame ? nodes.cidr : networkAround(request.standbyVIP, nodes.cidr),
    primaryVIP: controlPlaneVIP,
    standbyVIP: request.standbyVIP,
  };
  const standby = new SideText(request, 'standby');
  const derived: DerivedField[] = [];
  for (const { path, value } of standby.scalars()) {
    const changed = standbyValue(path, value, request, move);
    if (changed === undefined || changed === value) continue;
    derived.push({ path, primary: value, standby: changed });
    standby.change(path, changed);
  }
  return { primary: new SideText(request, 'primary').finish(), standby: standby.finish(), derived };
}

function standbyValue(path: string, value: string, request: PairRequest, move: AddressMove): string | undefined {
  if (path === 'metadata.name') return `${value}-standby`;
  if (path === 'bootstrap.hostIP') return request.standbyHostIP ?? hostAddress(value, request, move);
  if (/\.nodes\[\d+\]\.(?:hostname|machineName)$/.test(path)) return `${value}-standby`;
  if (!/^\d+\.\d+\.\d+\.\d+(?:\/\d+)?$/.test(value)) return undefined;
  return moveAddress(value, move, sharedAddresses.test(path));
}

function hostAddress(value: string, { site }: PairRequest, move: AddressMove): string {
  const moved = moveAddress(value, move, false);
  if (moved !== undefined) return moved;
  throw new GlobalctlError('USAGE', {
    message: `the KIND host ${value} is outside the node network, so the standby side's cannot be derived`,
    subject: 'bootstrap.hostIP',
    expected: "the address of the standby side's KIND host",
    place: site.placeOf('bootstrap.hostIP'),
    hint: 'Name it with --standby-host-ip.',
  });
}

/** The text of one side, changed value by value. */
class SideText {
  readonly #request: PairRequest;
  readonly #side: SideName;
  readonly #document: Document;
  readonly #edits: TextEdit[] = [];

  constructor(request: PairRequest, side: SideName) {
    this.#request = request;
    this.#side = side;
    this.#document = parseDocument(request.site.text);
  }

  /** Every text in the file, by its path. */
  *scalars(): Generator<{ readonly path: string; readonly value: string }> {
    for (const [path, value] of textsIn(this.#request.site.written, [])) yield { path, value };
  }

  change(path: string, value: string): void {
    const range = rangeAt(this.#document, parsePath(path));
    if (range) this.#edits.push({ ...range, text: value });
  }

  finish(): string {
    const { site, encryptionKey, etcdSyncVersion, standbyVIP } = this.#request;
    const changed = applyEdits(site.text, this.#edits, 'derived');
    const { controlPlaneVIP } = site.site.network;
    const version = etcdSyncVersion === undefined ? [] : [`  etcdSyncVersion: ${etcdSyncVersion} # ETCD_SYNC_VERSION`];
    const block = [
      '',
      '# This site as one side of a primary and standby pair; both VIPs, the key and the version are equal on both sides.',
      'dr:',
      `  role: ${this.#side}`,
      `  primaryVIP: ${controlPlaneVIP} # PRIMARY_CLUSTER_VIP`,
      `  standbyVIP: ${standbyVIP} # STANDBY_CLUSTER_VIP`,
      `  encryptionKey: ${encryptionKey} # ENCRYPTION_PROVIDER_SECRET_B64`,
      ...version,
      '',
    ].join('\n');
    return this.#relocate(this.#withOwnFolder(changed)).replace(/\n*$/, '\n') + block;
  }

  /** vSphere: one shared key takes the place of the site's own, and each side has a folder to itself. */
  #withOwnFolder(text: string): string {
    const document = parseDocument(text);
    const edits: TextEdit[] = [];
    const folder = document.getIn(['vsphere', 'folder']);
    const range = rangeAt(document, ['vsphere', 'folder']);
    if (typeof folder === 'string' && range)
      edits.push({ ...range, text: `${folder.replace(/\/(?:primary|standby)?\/*$/, '')}/${this.#side}` });
    let result = applyEdits(text, edits, 'derived');
    for (const path of [['vsphere', 'encryptionKey'], ...(this.#side === 'standby' ? [['access', 'kubeconfig']] : [])])
      result = withoutLine(result, path);
    return result;
  }

  /** Paths that start at the folder of the file, as they are seen from where the pair lies. */
  #relocate(text: string): string {
    const { site, folder } = this.#request;
    if (site.folder === folder) return text;
    const moved = (path: string): string => relative(folder, resolve(site.folder, path));
    const document = parseDocument(text);
    const edits: TextEdit[] = [];
    for (const [path, value] of textsIn(document.toJS(), [])) {
      const secret = isSecretReference(value) && value.startsWith('file:');
      const target = secret ? value.slice('file:'.length) : relativePaths.test(path) ? value : undefined;
      const range = rangeAt(document, parsePath(path));
      if (target === undefined || isAbsolute(target) || !range) continue;
      edits.push({ ...range, text: `${secret ? 'file:' : ''}${moved(target)}` });
    }
    return applyEdits(text, edits).replace(
      /(yaml-language-server: \$schema=)(\.[^\s]+)/,
      (_all, key: string, path: string) => `${key}${moved(path)}`,
    );
  }
}

function* textsIn(value: unknown, path: FieldPath): Generator<readonly [path: string, value: string]> {
  if (typeof value === 'string') yield [formatPath(path), value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* textsIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
}

function rangeAt(document: Document, path: FieldPath): { start: number; end: number } | undefined {
  const node = document.getIn(path, true);
  return isScalar(node) && node.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** Takes a key and its one-line value out; the block above it stays, for it holds other keys, too. */
function withoutLine(text: string, path: readonly string[]): string {
  const range = rangeAt(parseDocument(text), path);
  if (!range) return text;
  const start = text.lastIndexOf('\n', range.start) + 1;
  const end = text.indexOf('\n', range.end);
  return `${text.slice(0, start)}${end < 0 ? '' : text.slice(end + 1)}`;
}
