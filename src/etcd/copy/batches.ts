/** etcd's default limit of operations in a transaction, less one for what goes along. */
const BATCH_ITEMS = 127;
/** Below etcd's default limit of a request, 1.5 MiB; what is larger goes alone. */
const BATCH_BYTES = 1024 * 1024;
const IN_FLIGHT = 8;

/** Collects items and hands them on in batches that fit into a transaction, 8 at a time, in no particular order. */
export class Batches<Item> {
  readonly #send: (batch: readonly Item[]) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  #batch: Item[] = [];
  #batchBytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(send: (batch: readonly Item[]) => Promise<void>) {
    this.#send = send;
  }

  /** Takes an item; the promise, when there is one, waits until less is under way and throws what an earlier batch failed with. */
  add(item: Item, bytes: number): Promise<void> | undefined {
    const full = this.#batch.length === BATCH_ITEMS || this.#batchBytes + bytes > BATCH_BYTES;
    const starting = full ? this.#start() : undefined;
    this.#batch.push(item);
    this.#batchBytes += bytes;
    return starting;
  }

  /** Waits until everything is sent, whatever becomes of it; throws the first failure. */
  async flush(): Promise<void> {
    // It throws only the failure that is thrown below, when what is under way has ended.
    if (this.#failure === undefined) await this.#start().catch(() => undefined);
    await Promise.all(this.#underWay);
    if (this.#failure) throw this.#failure.error;
  }

  async #start(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length === 0) return;
    while (this.#underWay.size >= IN_FLIGHT) await Promise.race(this.#underWay);
    if (this.#failure) throw this.#failure.error;
    const sending: Promise<void> = this.#send(batch)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }
}
