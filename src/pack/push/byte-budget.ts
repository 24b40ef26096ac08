/** How many bytes all uploads of a push may hold at once. What is taken is given back by whoever has done with it. */
export class ByteBudget {
  readonly totalBytes: number;
  #heldBytes = 0;
  #peakBytes = 0;
  readonly #waiting: { readonly bytes: number; readonly wake: () => void }[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The most that has been held at once. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Resolves, in the order of the calls, when there is room. More than the whole budget passes when nothing else is held. */
  async take(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) this.#hold(bytes);
    else await new Promise<void>((wake) => this.#waiting.push({ bytes, wake }));
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes;
    for (let [next] = this.#waiting; next && this.#fits(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#hold(next.bytes);
      next.wake();
    }
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes);
  }

  #fits(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.totalBytes;
  }
}
