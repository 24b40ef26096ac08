/** Where each stage of an import ends, as a fraction of the whole; moving is what takes long. */
const ends = { check: 0.05, backup: 0.1, definitions: 0.15, move: 0.8, verify: 0.98, release: 1 } as const;

export type ImportStage = keyof typeof ends;

const stages = Object.keys(ends) as ImportStage[];

/** How far an import is. Told in whole hundredths, each once, so that many objects do not make many reports; never falls. */
export class ImportProgress {
  readonly #report: (fraction: number) => void;
  #hundredths = 0;

  constructor(report: (fraction: number) => void) {
    this.#report = report;
  }

  /** A stage is over. */
  ended(stage: ImportStage): void {
    this.within(stage, 1, 1);
  }

  /** So many of `total` steps of a stage are done. */
  within(stage: ImportStage, done: number, total: number): void {
    const previous = stages[stages.indexOf(stage) - 1];
    const from = previous === undefined ? 0 : ends[previous];
    const share = total === 0 ? 1 : Math.min(1, done / total);
    // In whole numbers: 0.15 + 0.65 is less than 0.8.
    const hundredths = Math.floor(Math.round(10_000 * (from + share * (ends[stage] - from))) / 100);
    if (hundredths <= this.#hundredths) return;
    this.#hundredths = hundredths;
    this.#report(hundredths / 100);
  }
}
