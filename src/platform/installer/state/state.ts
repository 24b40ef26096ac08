import { z } from 'zod';

/** How many events the state carries, for readers of the event stream who come back. */
export const JOURNAL_LENGTH = 100;

const optionalText = z.string().optional();

export const phaseRecord = z.object({
  id: z.string(),
  title: z.string(),
  /** Its share of the whole, beside the weights of the others. */
  weight: z.number(),
  state: z.enum(['Pending', 'Active', 'Stalled', 'Done']),
  attempts: z.number(),
  /** 0 to 100 within the phase. */
  percentage: z.number(),
  startedAt: optionalText,
  endedAt: optionalText,
  /** What the phase waits for at present. */
  message: optionalText,
  lastError: optionalText,
});

export const journalEntry = z.object({
  /** Grows by one with every event, over restarts and replicas. */
  seq: z.number(),
  time: z.string(),
  type: z.enum(['accepted', 'started', 'failed', 'stalled', 'recovered', 'done', 'complete']),
  phase: optionalText,
  message: z.string(),
});

const installerState = z.object({
  format: z.literal(1),
  /** Grows with every request that is accepted. */
  generation: z.number(),
  /** Grows with every run of a request. */
  term: z.number(),
  /** Whose write it is; a run that finds another one's has been replaced. Empty before the first run. */
  runId: z.string(),
  /** Grows with every write of a run. */
  revision: z.number(),
  requestId: z.string(),
  /** Keyed hash of the request: the same for the same request, and of no use to somebody who guesses passwords. */
  fingerprint: z.string(),
  acceptedAt: z.string(),
  completedAt: optionalText,
  /** 0 to 100 of the whole; never falls within a generation. */
  percentage: z.number(),
  phases: z.array(phaseRecord),
  journal: z.array(journalEntry),
});

export type PhaseRecord = z.infer<typeof phaseRecord>;
export type PhaseState = PhaseRecord['state'];
export type JournalEntry = z.infer<typeof journalEntry>;
/** How far an installation is. Holds nothing secret: the request with its passwords is kept apart from it, sealed. */
export type InstallerState = z.infer<typeof installerState>;

/** The state of a JSON text; undefined when it is none of this format. */
export function parseState(text: string): InstallerState | undefined {
  try {
    return installerState.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether `a` is what came after `b`: another request, a later run of it, or a later write of that run. */
export function isLater(a: InstallerState, b: InstallerState): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation;
  return a.term === b.term ? a.revision > b.revision : a.term > b.term;
}

/** Appends an event to the journal, which forgets its oldest. */
export function record(state: InstallerState, event: Omit<JournalEntry, 'seq'>): void {
  const seq = (state.journal.at(-1)?.seq ?? 0) + 1;
  state.journal.push({ seq, ...event });
  state.journal.splice(0, state.journal.length - JOURNAL_LENGTH);
}

/** Works the percentage of the whole out from those of the phases; it never falls. */
export function updatePercentage(state: InstallerState): void {
  const whole = state.phases.reduce((sum, p) => sum + p.weight, 0);
  const done = state.phases.reduce((sum, p) => sum + p.weight * (p.state === 'Done' ? 1 : p.percentage / 100), 0);
  // 100 is for the end alone, which is more than the last phase.
  const now = state.completedAt === undefined ? Math.min(99, Math.floor((100 * done) / Math.max(1, whole))) : 100;
  state.percentage = Math.max(state.percentage, now);
}
