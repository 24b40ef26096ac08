import type { GlobalctlError } from '../../base/index.ts';

/** What happens to a mirror. */
export type MirrorEvent =
  /** Both sides are compared and the differences written: at the first start, or because the checkpoint is of no more use. */
  | {
      readonly type: 'copying';
      readonly revision: number;
      readonly because: 'first' | 'compacted' | 'unfinished' | 'scope';
    }
  | {
      readonly type: 'copied';
      readonly revision: number;
      readonly keys: number;
      readonly written: number;
      readonly deleted: number;
      /** Keys that only the target holds and that stood there before the first copy. */
      readonly left: number;
    }
  /** From here on every change of the source is followed. */
  | { readonly type: 'following'; readonly revision: number }
  /** A side did not answer, or its answer was no use; the mirror goes on by itself. */
  | { readonly type: 'trouble'; readonly error: GlobalctlError };

/** How far a mirror is, for metrics. All counts are since the start of the process. */
export interface MirrorStatus {
  readonly phase: 'starting' | 'copying' | 'following' | 'waiting';
  /** The source's revision that the target shows; 0 before the first copy. */
  readonly revision: number;
  /** The source's present revision, as far as is known. */
  readonly sourceRevision: number;
  /** Since the target was last known to be level with the source; 0 while it is, Infinity when it never was. */
  readonly lagSeconds: number;
  readonly keysPut: number;
  readonly keysDeleted: number;
  readonly bytes: number;
  readonly transactions: number;
  readonly errors: number;
  readonly reconnects: number;
  /** Comparisons of both sides in full, the first copy included. */
  readonly copies: number;
}
