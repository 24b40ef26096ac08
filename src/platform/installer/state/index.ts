/**
 * The installer's state: one Secret that any replica reads, that accepts a request by a conditional write, and that only the
 * run which owns it may change. The request in it is sealed.
 */
export { loadSeal, RequestSeal } from './sealing.ts';
export { StateKeeper } from './state-keeper.ts';
export { decodeState, readState, STATE_SECRET, writeState, type StoredState } from './state-secret.ts';
export { StateView } from './state-view.ts';
export {
  journalEntry,
  phaseRecord,
  record,
  updatePercentage,
  type InstallerState,
  type JournalEntry,
  type PhaseRecord,
  type PhaseState,
} from './state.ts';
