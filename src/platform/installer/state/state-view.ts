import { toGlobalctlError, type Clock, type GlobalctlError } from '../../../base/index.ts';
import { follow, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../../kube/index.ts';
import { isLater, type InstallerState } from './state.ts';
import { decodeState, STATE_SECRET } from './state-secret.ts';

/** A watch that has died without a word is found out by the list that comes this often. */
const RELIST_MS = 20_000;

type Listener = (state: InstallerState | undefined) => void;

/**
 * The state as every replica shows it: read from the Secret by a watch and, in the replica that does the work, put in
 * directly before it is written. Never goes back.
 */
export class StateView {
  #state: InstallerState | undefined;
  #uid: string | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #clock: Clock;
  #contactMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): InstallerState | undefined {
    return this.#state;
  }

  /** When the cluster last said what stands; undefined before it did for the first time. */
  get contactMs(): number | undefined {
    return this.#contactMs;
  }

  /** Takes the state over unless it is known or older. */
  offer(state: InstallerState, uid: string): void {
    if (this.#state && this.#uid === uid && !isLater(state, this.#state)) return;
    this.#state = state;
    this.#uid = uid;
    this.#tell();
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first state that fits, the present one included; with undefined when the signal aborts. */
  async until(fits: (state: InstallerState) => boolean, signal: AbortSignal): Promise<InstallerState | undefined> {
    return new Promise((resolve) => {
      const end = (state: InstallerState | undefined): void => {
        stop();
        signal.removeEventListener('abort', onAbort);
        resolve(state);
      };
      const onAbort = (): void => end(undefined);
      const look: Listener = (state) => {
        if (state && fits(state)) end(state);
      };
      const stop = this.onChange(look);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) end(undefined);
      else look(this.#state);
    });
  }

  /** Follows the Secret until the signal aborts. `onSynced` is called once, `onTrouble` for each broken connection. */
  async follow(options: {
    readonly client: KubeClient;
    readonly signal: AbortSignal;
    readonly onSynced: () => void;
    readonly onTrouble: (error: GlobalctlError) => void;
  }): Promise<void> {
    const { client, signal, onTrouble } = options;
    while (!signal.aborted) {
      const relist = new AbortController();
      this.#clock.sleep(RELIST_MS, AbortSignal.any([signal, relist.signal])).then(
        () => relist.abort(),
        () => undefined,
      );
      const events = follow(client, resources.secrets, {
        namespace: PLATFORM_NAMESPACE,
        fieldSelector: `metadata.name=${STATE_SECRET}`,
        clock: this.#clock,
        signal: AbortSignal.any([signal, relist.signal]),
        onTrouble: (error) => onTrouble(toGlobalctlError(error)),
      });
      let present = false;
      for await (const event of events) {
        this.#contactMs = this.#clock.now();
        if (event.type === 'synced') {
          if (!present) this.#forget();
          options.onSynced();
          continue;
        }
        present = event.type !== 'deleted';
        if (!present) {
          this.#forget();
          continue;
        }
        try {
          const { state, uid } = decodeState(event.object);
          this.offer(state, uid);
        } catch (error) {
          onTrouble(toGlobalctlError(error));
        }
      }
      relist.abort();
    }
  }

  #forget(): void {
    if (this.#state === undefined) return;
    this.#state = undefined;
    this.#uid = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(this.#state);
  }
}
