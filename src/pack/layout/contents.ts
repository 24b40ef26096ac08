import { mediaTypes, type Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { ImageName } from '../oci/reference.ts';

/** Annotations of index.json that make an OCI layout a package; docs/packages.md describes them. */
export const packageAnnotations = {
  format: 'dev.globalctl.package.format',
  name: 'dev.globalctl.package.name',
  architecture: 'dev.globalctl.package.architecture',
  version: 'dev.globalctl.package.version',
  /** Digest of `contents.json`. */
  contents: 'dev.globalctl.package.contents',
  /** Which key signed: the digest of its public half. */
  signer: 'dev.globalctl.package.signer',
} as const;

/** The one format version there is. A reader refuses a higher one. */
export const PACKAGE_FORMAT = 1;

/** Files of a package beside those of an OCI image layout. */
export const CONTENTS_FILE = 'contents.json';
export const SIGNATURE_FILE = 'index.json.sig';

/** Annotation of the OCI image layout specification that names an entry of index.json. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

export interface PackagedImage {
  readonly name: ImageName;
  /** The manifest that the tag stands for. */
  readonly top: Descriptor;
  readonly kind: 'image' | 'chart';
  /** `os/architecture` of each image below an index; empty when the package does not say. */
  readonly platforms: readonly string[];
}

/** The forms in which packages come. `package` is a layout that says its name and version. */
export type PackageForm = 'package' | 'layout' | 'docker-archive' | 'chart';

/** What a package holds, without the content of its blobs. */
export interface PackageContents {
  readonly path: string;
  readonly form: PackageForm;
  /** Absent in all forms but `package`. */
  readonly name: string | undefined;
  readonly architecture: string | undefined;
  readonly version: string | undefined;
  readonly images: readonly PackagedImage[];
  /** What index.json lists without saying repository and tag, and what it says in their place. */
  readonly unnamed: readonly { readonly top: Descriptor; readonly said: string | undefined }[];
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Manifests that are named and that it does not hold. */
  readonly holes: readonly Descriptor[];
  /** Configs and layers by digest. */
  readonly blobs: ReadonlyMap<string, Descriptor>;
  /** Where a blob is when it is not at `blobs/sha256/<hex>`: a path in the archive, or the bytes themselves. */
  readonly places: ReadonlyMap<string, string | Uint8Array>;
  /** index.json as it stands, and what is read with it. */
  readonly index: Uint8Array | undefined;
  readonly contentsFile: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  /** The key that is said to have signed; believe it only after the signature was checked. */
  readonly signer: string | undefined;
}

/** Path of a blob in an OCI layout. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The digest that a path of a layout stands for, or undefined. */
export function digestOfPath(path: string): string | undefined {
  const match = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path);
  return match ? `sha256:${match[1] ?? ''}` : undefined;
}

/**
 * All manifests below `top`, each once, a parent before its children, and then those that say something about one of them
 * (`subject`), which travel with it.
 */
export function manifestsBelow(contents: Pick<PackageContents, 'manifests'>, top: Descriptor): Manifest[] {
  const found = new Map<string, Manifest>();
  const visit = (digest: string): void => {
    const manifest = contents.manifests.get(digest);
    if (!manifest || found.has(digest)) return;
    found.set(digest, manifest);
    for (const child of manifest.manifests) visit(child.digest);
  };
  visit(top.digest);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { subject, descriptor } of contents.manifests.values())
      if (subject && found.has(subject.digest)) visit(descriptor.digest);
  }
  return [...found.values()];
}

/** Whether an artifact is a Helm chart, by the config of its manifest. */
export function isChart(contents: Pick<PackageContents, 'manifests'>, top: Descriptor): boolean {
  return contents.manifests.get(top.digest)?.configType === mediaTypes.chartConfig;
}
