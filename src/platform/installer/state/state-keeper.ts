import { GlobalctlError, isGlobalctlError, toGlobalctlError, type Clock } from '../../../base/index.ts';
import { isKubeReason, type KubeClient } from '../../../kube/index.ts';
import type { InstallerState } from './state.ts';
import { readState, writeState, type StoredState } from './state-secret.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** Within how much time a change that nothing depends on is written. */
const SOON_MS = 500;

export interface StateKeeperOptions {
  readonly client: KubeClient;
  readonly stored: StoredState;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every change at once, written or not. */
  readonly onChange: (state: InstallerState, uid: string) => void;
  readonly onTrouble: (error: GlobalctlError) => void;
  /** The state is somebody else's by now. */
  readonly onLost: (error: GlobalctlError) => void;
}

/**
 * The state of one run: changed in memory by who does the work, written in order, again and again while the API server cannot
 * take it. A write whose answer got lost is recognised; one that another run has overtaken ends this run.
 */
export class StateKeeper {
  readonly state: InstallerState;
  readonly #options: StateKeeperOptions;
  #stored: StoredState;
  #sealed: string | undefined;
  #tail: Promise<void> = Promise.resolve();
  #soon: AbortController | undefined;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.#stored = options.stored;
    this.#sealed = options.stored.sealed;
    this.state = structuredClone(options.stored.state);
  }

  /** Drops the request with the next write: from then on nobody needs its passwords. */
  dropRequest(): void {
    this.#sealed = undefined;
  }

  /** Resolves when what the state says now stands in the cluster. Throws INSTALLER_SUPERSEDED, or CANCELLED on abort. */
  save(): Promise<void> {
    this.#show();
    this.#soon?.abort();
    this.#soon = undefined;
    this.#tail = this.#tail.then(() => this.#write());
    // The caller hears of it; the next in the row must not trip over it unheard.
    this.#tail.catch(() => undefined);
    return this.#tail;
  }

  /** Shows a change at once and writes it before long. */
  touch(): void {
    this.#show();
    if (this.#soon) return;
    const soon = new AbortController();
    this.#soon = soon;
    void this.#saveSoon(AbortSignal.any([this.#options.signal, soon.signal]));
  }

  async #saveSoon(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(SOON_MS, signal);
      await this.save();
    } catch (error) {
      // An abort: another write comes first, or the run ends. A run that was overtaken was told so by onLost.
      if (signal.aborted || isGlobalctlError(error, 'INSTALLER_SUPERSEDED')) return;
      this.#options.onTrouble(toGlobalctlError(error));
    }
  }

  #show(): void {
    this.state.revision++;
    this.#options.onChange(structuredClone(this.state), this.#stored.uid);
  }

  async #write(): Promise<void> {
    const { client, clock, signal } = this.#options;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, 2 * delayMs)) {
      signal.throwIfAborted();
      try {
        this.#stored = await writeState(client, { state: this.state, sealed: this.#sealed }, this.#stored, signal);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        if (isKubeReason(error, 'Conflict', 'NotFound', 'AlreadyExists')) await this.#catchUp(error);
        else this.#options.onTrouble(toGlobalctlError(error));
      }
      await clock.sleep(delayMs, signal);
    }
  }

  /** After a conflict: our own earlier write, somebody's label on it, or another run's or request's, which then has the work. */
  async #catchUp(conflict: unknown): Promise<void> {
    let present: StoredState | undefined;
    try {
      present = await readState(this.#options.client, this.#options.signal);
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.#options.onTrouble(toGlobalctlError(error));
      return;
    }
    const { state } = this;
    if (present?.state.runId === state.runId) {
      this.#stored = present;
      return;
    }
    const lost = new GlobalctlError('INSTALLER_SUPERSEDED', {
      message: present === undefined ? 'the state was deleted' : 'another run has taken over',
      cause: conflict,
    });
    this.#options.onLost(lost);
    throw lost;
  }
}
