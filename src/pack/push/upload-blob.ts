import { GlobalctlError, isGlobalctlError, retry, type Clock, type RetryPolicy } from '../../base/index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isWorthAnotherAttempt } from '../registry/another-attempt.ts';
import type { RegistryClient } from '../registry/client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { UploadSession } from '../registry/uploads.ts';
import { sliceHeld, type Held, type PartQueue } from './part-queue.ts';
import { sendCounted } from './send-counted.ts';

/** What is learned about a registry, and about what lies before it, while uploading to it. */
export interface UploadHabits {
  /** Content goes out in chunks of this size; a blob that is not longer goes in one request. */
  readonly chunkBytes: number;
  /** Chunks that must be larger than this cannot be held, and the blob goes in one request. */
  readonly mostHeldBytes: number;
  /** More than this in one request has been refused. */
  mostBytes: number;
  /** False once the registry has refused to take a blob in chunks. */
  takesChunks: boolean;
}

export interface BlobUpload {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly descriptor: Descriptor;
  readonly content: PartQueue;
  /** An upload to go on with: of an earlier process, or one that a refused mount has opened. */
  readonly start?: UploadSession | undefined;
  readonly habits: UploadHabits;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told where the upload stands; undefined when it has come to its end or was lost. */
  readonly onSession: (session: UploadSession | undefined) => void;
  /** Told of bytes as they go out, and by a negative number of those that went out in vain. */
  readonly onBytes: (bytes: number) => void;
}

/** `lost`: the registry lost what it had, and the content that was let go is needed again. */
export type UploadOutcome = { readonly state: 'stored' } | { readonly state: 'lost'; readonly error: unknown };

type ChunkOutcome =
  | UploadOutcome
  | { readonly state: 'taken'; readonly session: UploadSession }
  | { readonly state: 'refused'; readonly session: UploadSession };

const STORED: UploadOutcome = { state: 'stored' };
/** Requests shorter than this would be one for next to nothing. */
const SMALLEST_CHUNK_BYTES = 64 * 1024;
const CLEAR_UP_MS = 5000;
const QUESTION_ATTEMPTS = 3;
/** Answers to a first chunk that mean: not in chunks. */
const REFUSES_CHUNKS = [400, 404, 405, 411, 415, 416, 501];

/**
 * Uploads one blob: in one request, or in chunks that are each held until the registry has them. When a connection breaks it
 * asks how far the registry has come and goes on from there. Throws what the registry throws when attempts are used up, and
 * what reading the content throws.
 */
export async function uploadBlob(upload: BlobUpload): Promise<UploadOutcome> {
  const { client, repository, descriptor, content, habits, onSession, signal } = upload;
  let session: UploadSession | undefined;
  try {
    session =
      upload.start ??
      (await retry({ policy: upload.policy, clock: upload.clock, signal, retryable: isWorthAnotherAttempt }, () =>
        client.uploads.open(repository, signal),
      ));
    if (descriptor.size > habits.chunkBytes) onSession(session);
    await content.skipTo(session.offset);
    upload.onBytes(session.offset);
    for (;;) {
      const held = await content.gather(Math.max(habits.chunkBytes, Math.min(session.minChunkBytes, descriptor.size)));
      const isAll = held.end >= descriptor.size;
      const mayChunk = habits.takesChunks && session.minChunkBytes <= habits.mostHeldBytes;
      if (!isAll && !mayChunk) return await stream(upload, session, held);
      const outcome = await sendHeld(upload, session, { held, isAll });
      if (outcome.state === 'refused') {
        // What the refusal left of the upload is not known.
        await client.uploads.cancel(outcome.session, signal);
        session = await again(upload, () => client.uploads.open(repository, signal));
        return await stream(upload, session, held);
      }
      content.release(held);
      if (outcome.state !== 'taken') {
        onSession(undefined);
        return outcome;
      }
      session = outcome.session;
      onSession(session);
    }
  } catch (error) {
    // An interrupted upload is worth keeping when something of it has arrived.
    const isKept =
      isWorthAnotherAttempt(error) !== false ||
      (isGlobalctlError(error, 'CANCELLED') && session !== undefined && session.offset > 0);
    if (session && !isKept) {
      onSession(undefined);
      // The reason why the upload ends is told; that the registry cannot even clear up would only hide it.
      await client.uploads.cancel(session, AbortSignal.timeout(CLEAR_UP_MS)).catch(() => undefined);
    }
    throw error;
  } finally {
    content.discard();
  }
}

/** Repeats a question a few times: the attempts at what it is asked for are counted elsewhere. */
function again<T>({ policy, clock, signal }: BlobUpload, work: () => Promise<T>): Promise<T> {
  return retry(
    { policy: { ...policy, attempts: QUESTION_ATTEMPTS }, clock, signal, retryable: isWorthAnotherAttempt },
    work,
  );
}

/** The registry knows the upload no more, or knows it to stand elsewhere than we think. */
function isSessionTrouble(error: unknown): boolean {
  return error instanceof RegistryError && [400, 404, 409, 416].includes(error.status);
}

interface HeldChunk {
  readonly held: Held;
  /** Whether the blob ends with it. */
  readonly isAll: boolean;
}

/** Brings held bytes to the registry, in one request or in as many as it wants. */
async function sendHeld(upload: BlobUpload, first: UploadSession, chunk: HeldChunk): Promise<ChunkOutcome> {
  const { policy, clock, signal } = upload;
  let session: UploadSession = first;
  let failure: unknown;
  const retryable = (error: unknown): boolean | { delayMs: number } => {
    failure = error;
    return isWorthAnotherAttempt(error) || (isSessionTrouble(error) && { delayMs: 0 });
  };
  return retry({ policy, clock, signal, retryable }, async (attempt) => {
    if (attempt > 1) {
      if (chunk.isAll && (await again(upload, () => hasWhole(upload)))) return STORED;
      const found = await findAgain(upload, session, chunk);
      if (!found) return { state: 'lost', error: failure };
      session = found;
    }
    return sendPieces(
      upload,
      chunk,
      () => session,
      (next) => (session = next),
    );
  });
}

/** Where an upload stands after a broken request; a new one where the registry has lost it and all of the blob is at hand. */
async function findAgain(
  upload: BlobUpload,
  session: UploadSession,
  { held, isAll }: HeldChunk,
): Promise<UploadSession | undefined> {
  const { client, repository, signal, onSession, onBytes } = upload;
  const asking = again(upload, () => client.uploads.resume(repository, session.location, signal));
  const found = await asking.catch((error: unknown) => {
    if (isSessionTrouble(error)) return undefined;
    throw error;
  });
  if (found && found.offset >= held.start && found.offset <= held.end) {
    onBytes(found.offset - session.offset);
    return { ...found, minChunkBytes: session.minChunkBytes };
  }
  onSession(undefined);
  onBytes(-session.offset);
  return isAll && held.start === 0 ? again(upload, () => client.uploads.open(repository, signal)) : undefined;
}

async function sendPieces(
  upload: BlobUpload,
  chunk: HeldChunk,
  current: () => UploadSession,
  moveOn: (session: UploadSession) => void,
): Promise<ChunkOutcome> {
  const { client, descriptor, habits } = upload;
  const { held, isAll } = chunk;
  for (;;) {
    const session = current();
    const piece = sliceHeld(held, session.offset, Math.max(habits.mostBytes, session.minChunkBytes));
    // A blob that goes in chunks ends with a request that carries nothing: one that breaks would take the whole upload along.
    const isEnd = isAll && piece.end === held.end && (piece.start === 0 || piece.start === piece.end);
    if (!isAll && piece.start === held.end) return { state: 'taken', session };
    if (!isEnd && !habits.takesChunks) return { state: 'refused', session };
    try {
      if (isEnd) {
        await sendCounted(upload, piece, (sending) => client.uploads.finish(session, descriptor, sending));
        return STORED;
      }
      moveOn(await sendCounted(upload, piece, (sending) => client.uploads.append(session, sending)));
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (!isEnd && session.offset === 0 && REFUSES_CHUNKS.includes(error.status)) {
        habits.takesChunks = false;
        return { state: 'refused', session };
      }
      if (error.code !== 'REGISTRY_LIMIT') throw error;
      shrink(habits, piece, session, error);
      const found = await findAgain(upload, session, chunk);
      if (!found) return { state: 'lost', error };
      moveOn(found);
      continue;
    }
    checkProgress(upload, session, current(), piece);
  }
}

/** Throws REGISTRY_UNSOUND when a registry says yes to a chunk and has not taken any of it, or more than there was. */
function checkProgress(
  { client, descriptor }: BlobUpload,
  before: UploadSession,
  after: UploadSession,
  piece: Held,
): void {
  if (after.offset > before.offset && after.offset <= piece.end) return;
  const subject = `${client.address}/${before.repository}`;
  throw new GlobalctlError('REGISTRY_UNSOUND', {
    message: `${subject}: the registry took a chunk of ${descriptor.digest} and says that it holds another amount than was sent`,
    subject,
    expected: `up to byte ${String(piece.end)}`,
    found: `byte ${String(after.offset)}`,
  });
}

/** After a refusal for size the next request is half as long. Throws the refusal when that cannot be. */
function shrink(habits: UploadHabits, piece: Held, session: UploadSession, refusal: RegistryError): void {
  const sizeBytes = piece.end - piece.start;
  const next = Math.max(Math.floor(sizeBytes / 2), SMALLEST_CHUNK_BYTES, session.minChunkBytes);
  if (!habits.takesChunks || next >= sizeBytes) throw refusal;
  habits.mostBytes = Math.min(habits.mostBytes, next);
}

/** The rest of a blob in one request, for registries that take no chunks. What has gone out cannot be sent again. */
async function stream(upload: BlobUpload, session: UploadSession, held: Held): Promise<UploadOutcome> {
  const { client, descriptor, content, onSession } = upload;
  let isHeld = true;
  const letGo = (): void => {
    if (isHeld) content.release(held);
    isHeld = false;
  };
  const parts = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* held.parts;
    letGo();
    yield* content.drain();
  };
  const rest = { parts: parts(), start: held.start, end: descriptor.size };
  try {
    await sendCounted(upload, rest, (sending) => client.uploads.finish(session, descriptor, sending));
  } catch (error) {
    // A connection that broke early has not come to the end of what was held.
    letGo();
    if (isWorthAnotherAttempt(error) === false) throw error;
    onSession(undefined);
    if (!(await again(upload, () => hasWhole(upload)))) return { state: 'lost', error };
  }
  onSession(undefined);
  return STORED;
}

/** Whether a request whose answer was lost did store the blob. */
async function hasWhole({ client, repository, descriptor, signal }: BlobUpload): Promise<boolean> {
  const found = await client.findBlob(repository, descriptor.digest, signal);
  return found?.sizeBytes === descriptor.size;
}
