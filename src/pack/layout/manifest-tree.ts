import { packageInvalid } from '../invalid.ts';
import { digestOf, mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, parseManifest, textsOf, type Manifest } from '../oci/manifest.ts';

/** Indexes may list indexes; nobody nests them deeper than two or three. */
const DEEPEST_INDEX = 8;
const MOST_MANIFESTS = 20_000;
/** Of small JSON blobs that may turn out to be manifests, in a layout that does not begin with index.json. */
const MOST_UNCLAIMED_BYTES = 64 * 1024 * 1024;

interface Wanted {
  readonly descriptor: Descriptor;
  readonly depth: number;
}

/** Gathers the manifests that index.json names, in whatever order they come. */
export class ManifestTree {
  readonly manifests = new Map<string, Manifest>();
  readonly #where: string;
  readonly #wanted = new Map<string, Wanted>();
  readonly #unclaimed = new Map<string, Uint8Array>();
  #unclaimedBytes = 0;
  #index: { readonly bytes: Uint8Array; readonly tops: readonly Descriptor[] } | undefined;

  constructor(where: string) {
    this.#where = where;
  }

  get index(): Uint8Array | undefined {
    return this.#index?.bytes;
  }

  /** Entries of index.json. */
  get tops(): readonly Descriptor[] {
    return this.#index?.tops ?? [];
  }

  get annotations(): Readonly<Record<string, string>> {
    return this.#index ? textsOf(parseJsonObject(this.#index.bytes, this.#where)['annotations']) : {};
  }

  /** Manifests that are named and have not come. */
  get missing(): readonly Descriptor[] {
    return [...this.#wanted.values()].map(({ descriptor }) => descriptor);
  }

  get isComplete(): boolean {
    return this.#index !== undefined && this.#wanted.size === 0;
  }

  acceptIndex(bytes: Uint8Array): void {
    const where = `${this.#where}: index.json`;
    // index.json is an image index whose media type may be left out.
    const raw = Buffer.from(JSON.stringify({ ...parseJsonObject(bytes, where), mediaType: mediaTypes.index }));
    const tops = parseManifest(raw, where).manifests;
    this.#index = { bytes, tops };
    for (const descriptor of tops) this.#claim(descriptor, 1);
  }

  /** Whether content of this digest and size may be a manifest and should be handed to `offer`. */
  mayUse(digest: string, sizeBytes: number): boolean {
    if (this.#wanted.has(digest)) return true;
    return sizeBytes <= LONGEST_MANIFEST_BYTES && !this.isComplete && !this.manifests.has(digest);
  }

  /** The size that the descriptor of a wanted manifest states. */
  wanted(digest: string): Descriptor | undefined {
    return this.#wanted.get(digest)?.descriptor;
  }

  /** Takes content whose digest was checked: as the manifest that is wanted, or to be kept in case that it is one. */
  offer(digest: string, bytes: Uint8Array): void {
    const wanted = this.#wanted.get(digest);
    if (wanted) return this.#accept(wanted, bytes);
    if (bytes[0] !== 0x7b) return;
    this.#unclaimedBytes += bytes.length;
    if (this.#unclaimedBytes > MOST_UNCLAIMED_BYTES)
      throw packageInvalid(this.#where, 'it holds more than 64 MiB of JSON before it says what is what', {
        hint: 'Let index.json be its first file.',
      });
    this.#unclaimed.set(digest, bytes);
  }

  #claim(descriptor: Descriptor, depth: number): void {
    const { digest, size } = descriptor;
    if (this.manifests.has(digest)) return;
    if (size > LONGEST_MANIFEST_BYTES) throw packageInvalid(this.#where, `the manifest ${digest} is longer than 4 MiB`);
    if (depth > DEEPEST_INDEX)
      throw packageInvalid(this.#where, `its indexes are nested more than ${String(DEEPEST_INDEX)} deep`);
    if (this.manifests.size + this.#wanted.size >= MOST_MANIFESTS)
      throw packageInvalid(this.#where, `it names more than ${String(MOST_MANIFESTS)} manifests`);
    const wanted = { descriptor, depth };
    this.#wanted.set(digest, wanted);
    const bytes = this.#unclaimed.get(digest);
    if (!bytes) return;
    this.#unclaimed.delete(digest);
    this.#accept(wanted, bytes);
  }

  #accept({ descriptor, depth }: Wanted, bytes: Uint8Array): void {
    const where = `${this.#where}: ${descriptor.digest}`;
    this.#wanted.delete(descriptor.digest);
    if (bytes.length !== descriptor.size)
      throw packageInvalid(where, 'its descriptor states another size', {
        expected: `${String(descriptor.size)} bytes`,
        found: `${String(bytes.length)} bytes, digest ${digestOf(bytes)}`,
      });
    const manifest = parseManifest(bytes, where, descriptor.mediaType);
    if (manifest.descriptor.mediaType !== descriptor.mediaType)
      throw packageInvalid(where, 'a manifest says that it is of another type than its descriptor', {
        expected: descriptor.mediaType,
        found: manifest.descriptor.mediaType,
      });
    this.manifests.set(descriptor.digest, manifest);
    for (const child of manifest.manifests) this.#claim(child, depth + 1);
  }
}
