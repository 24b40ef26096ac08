import { GlobalctlError } from '../../base/index.ts';

/** Where a mirror stands. It lies in the target, under one key, and changes in the same transactions as the data. */
export interface Checkpoint {
  /** The source's cluster id, in decimal. */
  readonly source: string;
  /** Since when the target is one; a mirror that begins another epoch starts over. */
  readonly epoch: string;
  /** What was selected; a mirror that selects otherwise compares both sides anew. */
  readonly scope: string;
  /** The source's revision that the target shows; 0 before the first copy is complete. */
  readonly revision: number;
  /** The target's revision before the first copy: what was created up to then is not the mirror's to delete. */
  readonly firstLocalRevision: number;
  /** The source's revision that is being copied; the target shows something between. */
  readonly copying?: number | undefined;
  /** Who writes, and which: one for each stretch of work. Another session ends this one. */
  readonly holder: string;
  readonly session: string;
  /** Grows with every write of the session: a write whose answer was lost is known by it. */
  readonly sequence: number;
  /** Wall time of the write, ISO 8601; for people. */
  readonly time: string;
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return Buffer.from(JSON.stringify({ version: 1, ...checkpoint }), 'utf8');
}

/** Throws MIRROR_CHECKPOINT_INVALID. */
export function decodeCheckpoint(value: Uint8Array): Checkpoint {
  const text = Buffer.from(value).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Refused below, as any other value that is none.
  }
  const fields = (parsed ?? {}) as Partial<Checkpoint & { version: number }>;
  const numbers = [fields.revision, fields.firstLocalRevision, fields.sequence];
  const texts = [fields.source, fields.epoch, fields.scope, fields.holder, fields.session, fields.time];
  if (fields.version !== 1 || numbers.some((n) => !Number.isSafeInteger(n)) || texts.some((t) => typeof t !== 'string'))
    throw new GlobalctlError('MIRROR_CHECKPOINT_INVALID', {
      message: 'the checkpoint in the target cannot be read',
      found: text.slice(0, 200),
    });
  return parsed as Checkpoint;
}
