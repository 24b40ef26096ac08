import { manifestsBelow, type PackageContents, type PackagedImage } from '../layout/contents.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { RegistryClient } from '../registry/client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { inParallel } from '../registry/parallel.ts';
import type { UploadSession } from '../registry/uploads.ts';
import type { UploadJournal } from './upload-journal.ts';

export const PARALLEL_REQUESTS = 8;

/** One blob, and which repositories have it. */
export interface BlobNeed {
  readonly descriptor: Descriptor;
  /** Repositories that hold it; may be one that no image of the package names. */
  readonly present: Set<string>;
  /** Repositories that are to hold it and do not yet, in the order of the package. */
  readonly absent: Set<string>;
  /** A broken-off upload that the registry still knows. */
  begun: UploadSession | undefined;
}

/** What a registry has of a package, before anything moves. */
export interface Surroundings {
  /** Images whose tag stands for the same manifest already. */
  readonly present: readonly PackagedImage[];
  readonly open: readonly PackagedImage[];
  /** Tags of `open` that stand for another manifest and will be moved. */
  readonly moving: ReadonlySet<PackagedImage>;
  /** Blobs of the open images, each once, in the order of the package. */
  readonly needs: ReadonlyMap<string, BlobNeed>;
}

export interface LookOptions {
  readonly contents: PackageContents;
  readonly client: RegistryClient;
  readonly journal?: UploadJournal | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Repeats a question whose answer the network swallowed. */
  readonly again: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Asks the registry for every tag, and for every blob of the images that it lacks. Changes nothing. */
export async function lookAround(options: LookOptions): Promise<Surroundings> {
  const { contents, client, signal, again } = options;
  const found = new Map<PackagedImage, string | undefined>();
  await inParallel(contents.images, PARALLEL_REQUESTS, async (image) => {
    const { repository, tag } = image.name;
    found.set(image, await again(() => client.findManifest(repository, tag, signal)));
  });
  const present = contents.images.filter((image) => found.get(image) === image.top.digest);
  const open = contents.images.filter((image) => found.get(image) !== image.top.digest);
  return {
    present,
    open,
    moving: new Set(open.filter((image) => found.get(image) !== undefined)),
    needs: await findNeeds(options, open),
  };
}

async function findNeeds(options: LookOptions, images: readonly PackagedImage[]): Promise<Map<string, BlobNeed>> {
  const { contents } = options;
  const wanted = new Map<string, { readonly descriptor: Descriptor; readonly repositories: Set<string> }>();
  for (const { name, top } of images)
    for (const descriptor of manifestsBelow(contents, top).flatMap((manifest) => manifest.blobs)) {
      const blob = wanted.get(descriptor.digest) ?? { descriptor, repositories: new Set() };
      wanted.set(descriptor.digest, blob);
      blob.repositories.add(name.repository);
    }
  const present = new Map([...wanted.keys()].map((digest) => [digest, new Set<string>()]));
  const begun = new Map<string, UploadSession>();
  const questions = [...wanted.values()].flatMap(({ descriptor, repositories }) =>
    [...repositories].map((repository) => ({ descriptor, repository })),
  );
  const ask = async ({ descriptor, repository }: (typeof questions)[number]): Promise<boolean> => {
    const isThere = await hasBlob(options, repository, descriptor);
    if (isThere) present.get(descriptor.digest)?.add(repository);
    return isThere;
  };
  await inParallel(questions, PARALLEL_REQUESTS, async (question) => void (await ask(question)));
  // Of what no image's repository has, the journal may know another place, or the beginning of an upload.
  const lacking = [...wanted.values()].filter(({ descriptor }) => present.get(descriptor.digest)?.size === 0);
  await inParallel(lacking, PARALLEL_REQUESTS, async ({ descriptor, repositories }) => {
    const [repository] = (options.journal?.repositoriesWith(descriptor.digest) ?? []).filter(
      (name) => !repositories.has(name),
    );
    if (repository !== undefined && (await ask({ descriptor, repository }))) return;
    const session = await findBegun(options, descriptor, repositories);
    if (session) begun.set(descriptor.digest, session);
  });
  return new Map(
    [...wanted].map(([digest, { descriptor, repositories }]) => {
      const holders = present.get(digest) ?? new Set<string>();
      const absent = [...repositories].filter((repository) => !holders.has(repository));
      const session = begun.get(digest);
      // The repository that has a part of it comes first: there it will be uploaded.
      if (session) absent.sort((a, b) => Number(b === session.repository) - Number(a === session.repository));
      return [digest, { descriptor, present: holders, absent: new Set(absent), begun: session }];
    }),
  );
}

/** A blob whose size is another than the package says counts as absent: it is sent, and looked at once more. */
async function hasBlob({ client, signal, again }: LookOptions, repository: string, blob: Descriptor): Promise<boolean> {
  const found = await again(() => client.findBlob(repository, blob.digest, signal));
  return found !== undefined && (found.sizeBytes === undefined || found.sizeBytes === blob.size);
}

async function findBegun(
  { client, journal, signal, again }: LookOptions,
  { digest, size }: Descriptor,
  repositories: ReadonlySet<string>,
): Promise<UploadSession | undefined> {
  const known = journal?.findUpload(digest);
  if (!known || !repositories.has(known.repository)) return undefined;
  const session = await again(() => client.uploads.resume(known.repository, known.location, signal)).catch(
    (error: unknown) => {
      // Whatever a registry has against an upload of former days: a new one is begun.
      if (error instanceof RegistryError && error.status < 500) return undefined;
      throw error;
    },
  );
  if (session && session.offset > 0 && session.offset <= size) return session;
  journal?.ended(digest, known.repository);
  return undefined;
}
