import type { SeededRandom } from '../../src/base/index.ts';
import type { Line } from './rehearsal.ts';

/**
 * A point in a run that can be named in another run of the same installation: an anchor, which is a line of the event
 * stream, and the time since. Clock time alone would not do: a resumed run passes through the same anchors at other times.
 */
export interface Moment {
  readonly anchor: string;
  readonly delayMs: number;
  /** The step that the anchor is in; undefined before the first and after the last. */
  readonly step: string | undefined;
  /** Where in the uninterrupted run this was. */
  readonly atMs: number;
}

interface Anchor {
  readonly name: string;
  readonly step: string | undefined;
  readonly atMs: number;
}

export const processStart = 'process start';

/** The anchor that a line is, or undefined. An effect that is done and one that is found done end at the same anchor. */
export function anchorOf(line: Line): string | undefined {
  switch (line.type) {
    case 'step-started':
      return `step ${line.step}`;
    case 'effect':
      return `effect ${line.step}, ${line.effect} ${line.phase === 'started' ? 'begins' : 'ends'}`;
    case 'run-finished':
    case 'verification':
      return line.type;
    default:
      return undefined;
  }
}

/** The anchors of an uninterrupted run, in order. */
export class Timeline {
  readonly #startMs = performance.now();
  readonly #anchors: Anchor[] = [{ name: processStart, step: undefined, atMs: 0 }];
  #endMs = 0;

  readonly read = (line: Line): void => {
    const name = anchorOf(line);
    if (name === undefined || this.#anchors.some((a) => a.name === name)) return;
    this.#anchors.push({ name, step: 'step' in line ? line.step : undefined, atMs: performance.now() - this.#startMs });
  };

  end(): void {
    this.#endMs = performance.now() - this.#startMs;
  }

  get durationMs(): number {
    return this.#endMs;
  }

  /**
   * `count` moments in the order of the run. Half of them are spread evenly over its time, most of which is waiting; the
   * other half over its anchors, a few milliseconds behind each, where the world and the journal may say different things.
   */
  draw(count: number, random: SeededRandom): Moment[] {
    const moments = Array.from({ length: count }, (_, i): Moment => {
      const share = (Math.floor(i / 2) * 2 + 2 * random.fraction('share', i)) / count;
      if (i % 2 === 0) return this.#at(Math.min(share, 0.999) * this.#endMs);
      const anchor = this.#anchors[Math.min(Math.floor(share * this.#anchors.length), this.#anchors.length - 1)];
      if (!anchor) throw new Error('a run has at least the anchor of its start');
      const delayMs = 40 * random.fraction('delay', i) ** 2;
      return { anchor: anchor.name, step: anchor.step, delayMs, atMs: anchor.atMs + delayMs };
    });
    return moments.sort((a, b) => a.atMs - b.atMs);
  }

  #at(atMs: number): Moment {
    const anchor = this.#anchors.findLast((a) => a.atMs <= atMs);
    if (!anchor) throw new Error('a run has at least the anchor of its start');
    return { anchor: anchor.name, step: anchor.step, delayMs: atMs - anchor.atMs, atMs };
  }
}

/**
 * Calls `strike` when a run has come to the moment: `delayMs` behind the anchor, and at the latest when the moment's step is
 * over, which a resumed run may be sooner.
 */
export class Trigger {
  readonly #moment: Moment;
  readonly #strike: () => void;
  readonly #stepsBehind: ReadonlySet<string>;
  #timer: NodeJS.Timeout | undefined;

  /** `spentMs`: how long an earlier run of the same rehearsal has been behind the same anchor already. */
  constructor(moment: Moment, options: { steps: readonly string[]; spentMs: number; strike: () => void }) {
    this.#moment = { ...moment, delayMs: Math.max(0, moment.delayMs - options.spentMs) };
    this.#strike = options.strike;
    const index = moment.step === undefined ? -1 : options.steps.indexOf(moment.step);
    const isBeforeSteps = moment.anchor === processStart;
    this.#stepsBehind = new Set(index >= 0 || isBeforeSteps ? options.steps.slice(index + 1) : []);
    this.#reach(processStart);
  }

  readonly read = (line: Line): void => {
    const name = anchorOf(line);
    if (name !== undefined) this.#reach(name);
    if (line.type === 'step-started' && this.#stepsBehind.has(line.step)) this.#now();
    if (line.type === 'run-finished' && this.#moment.step !== undefined) this.#now();
  };

  disarm(): void {
    clearTimeout(this.#timer);
  }

  #reach(anchor: string): void {
    if (anchor === this.#moment.anchor) this.#timer ??= setTimeout(this.#strike, this.#moment.delayMs);
  }

  #now(): void {
    this.disarm();
    this.#strike();
  }
}
