import { GlobalctlError, type Clock, type RetryPolicy } from '../../base/index.ts';
import type { PackageContents } from '../layout/contents.ts';
import { streamBlobs } from '../layout/stream.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { RegistryClient } from '../registry/client.ts';
import { inParallel, TaskPool } from '../registry/parallel.ts';
import type { ByteBudget } from './byte-budget.ts';
import { PARALLEL_REQUESTS, type BlobNeed } from './look-around.ts';
import { PartQueue } from './part-queue.ts';
import { uploadBlob, type UploadHabits, type UploadOutcome } from './upload-blob.ts';
import type { UploadJournal } from './upload-journal.ts';

export interface PlaceOptions {
  readonly contents: PackageContents;
  readonly client: RegistryClient;
  readonly needs: ReadonlyMap<string, BlobNeed>;
  readonly habits: UploadHabits;
  readonly budget: ByteBudget;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly again: <T>(work: () => Promise<T>) => Promise<T>;
  readonly journal?: UploadJournal | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
  readonly count: { uploadedBlobs: number; uploadedBytes: number; resumedBytes: number; mountedBlobs: number };
}

const PARALLEL_UPLOADS = 4;

/**
 * Brings every blob into every repository that needs it: each is sent once, into the first of them, in one pass over the
 * archive, and mounted in the others. What a registry loses on the way is sent by a further pass. Every blob has been seen at
 * the registry in its right size when this returns.
 */
export async function placeBlobs(options: PlaceOptions): Promise<void> {
  const { needs, policy, clock, signal } = options;
  let idlePasses = 0;
  for (;;) {
    const missing = [...needs.values()].filter((need) => need.present.size === 0);
    if (missing.length === 0) break;
    const failure = await onePass(options, missing);
    const left = missing.filter((need) => need.present.size === 0).length;
    idlePasses = left < missing.length ? 0 : idlePasses + 1;
    if (left === 0) break;
    if (idlePasses >= policy.attempts) throw failure;
    await clock.sleep(Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** idlePasses), signal);
  }
  const mounts = [...needs.values()].flatMap((need) => [...need.absent].map((repository) => ({ need, repository })));
  await inParallel(mounts, PARALLEL_REQUESTS, ({ need, repository }) => mount(options, need, repository));
}

/** Reads the archive once and uploads what is missing. Answers why something was lost, if something was. */
async function onePass(options: PlaceOptions, missing: readonly BlobNeed[]): Promise<unknown> {
  const { contents, signal } = options;
  const uploads = new TaskPool(PARALLEL_UPLOADS);
  // The first failure ends the others: what they have got done stays where it is.
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const byDigest = new Map(missing.map((need) => [need.descriptor.digest, need]));
  const wanted = new Map<string, Descriptor>(missing.map(({ descriptor }) => [descriptor.digest, descriptor]));
  const failures: unknown[] = [];
  let lost: unknown;
  try {
    await streamBlobs(contents, wanted, async (descriptor, parts) => {
      const need = byDigest.get(descriptor.digest);
      const content = new PartQueue(options.budget);
      await uploads.start(async () => {
        if (!need) return;
        try {
          const outcome = await uploadNeed(options, need, content, stop.signal);
          if (outcome.state === 'lost') lost = outcome.error;
        } catch (error) {
          failures.push(error);
          stop.abort();
          throw error;
        }
      });
      try {
        for await (const part of parts) {
          if (stop.signal.aborted) throw interrupted();
          await content.push(part);
        }
        content.end();
      } catch (error) {
        content.end({ error });
        throw error;
      }
    });
    await uploads.finish();
  } catch (error) {
    // An upload that failed ends the reading too; what came first is the reason.
    failures.push(error);
    stop.abort();
  } finally {
    await uploads.settle();
    signal?.removeEventListener('abort', onAbort);
  }
  if (failures.length > 0) throw failures[0];
  return lost;
}

function interrupted(): GlobalctlError {
  return new GlobalctlError('CANCELLED', { message: 'interrupted while pushing' });
}

async function uploadNeed(
  options: PlaceOptions,
  need: BlobNeed,
  content: PartQueue,
  signal: AbortSignal,
): Promise<UploadOutcome> {
  const { client, habits, policy, clock, journal, count } = options;
  const { descriptor, begun } = need;
  const { digest } = descriptor;
  const [repository] = need.absent;
  if (repository === undefined) return { state: 'stored' };
  let counted = 0;
  const start = begun?.repository === repository ? begun : undefined;
  const outcome = await uploadBlob({
    client,
    repository,
    descriptor,
    content,
    start,
    habits,
    policy,
    clock,
    signal,
    onSession: (session) => {
      if (session) journal?.uploading(digest, session);
      else journal?.ended(digest, repository);
    },
    onBytes: (bytes) => {
      counted += bytes;
      options.onBytes(bytes);
    },
  });
  need.begun = undefined;
  if (outcome.state === 'lost') {
    options.onBytes(-counted);
    return outcome;
  }
  await confirm(options, descriptor, repository);
  journal?.stored(descriptor, repository);
  need.absent.delete(repository);
  need.present.add(repository);
  count.uploadedBlobs++;
  count.uploadedBytes += descriptor.size - (start?.offset ?? 0);
  count.resumedBytes += start?.offset ?? 0;
  return outcome;
}

/** Mounts a blob from a repository that has it; where the registry does not mount, sends it from there. */
async function mount(options: PlaceOptions, need: BlobNeed, repository: string): Promise<void> {
  const { client, signal, again, journal, count } = options;
  const { descriptor } = need;
  const [from] = need.present;
  if (from === undefined) return;
  await again(async () => {
    const session = await client.uploads.mount(repository, descriptor.digest, from, signal);
    if (session === true) return;
    const body = client.readBlob(from, descriptor, signal);
    await client.uploads.finish(session, descriptor, { body, sizeBytes: descriptor.size, signal });
  });
  await confirm(options, descriptor, repository);
  journal?.stored(descriptor, repository);
  need.absent.delete(repository);
  count.mountedBlobs++;
}

/** Throws REGISTRY_UNSOUND when a registry that has said yes does not hold the blob. */
async function confirm({ client, signal, again }: PlaceOptions, blob: Descriptor, repository: string): Promise<void> {
  const found = await again(() => client.findBlob(repository, blob.digest, signal));
  if (found && (found.sizeBytes === undefined || found.sizeBytes === blob.size)) return;
  const subject = `${client.address}/${repository}`;
  throw new GlobalctlError('REGISTRY_UNSOUND', {
    message: `${subject}: the registry accepted blob ${blob.digest} and does not hold it`,
    subject,
    expected: `${String(blob.size)} bytes`,
    found: found ? `${String(found.sizeBytes)} bytes` : 'no such blob',
  });
}
