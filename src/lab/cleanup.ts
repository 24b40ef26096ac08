/** What must be undone, in reverse order, once. Every step runs even when an earlier one fails; the first failure is thrown. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown> | void)[] = [];

  defer(step: () => Promise<unknown> | void): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
