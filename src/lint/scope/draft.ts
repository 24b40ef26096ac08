import type { Belongings, FileUnit, Side } from './file-unit.ts';

/** An installation while its files are gathered. */
export class Draft implements Belongings {
  readonly folder: readonly string[];
  /** The file with the Cluster `global` that it was begun with; absent where none has one. */
  readonly seed: FileUnit | undefined;
  readonly units: FileUnit[] = [];
  readonly identities = new Set<string>();
  readonly provides = new Set<string>();
  readonly wants = new Set<string>();
  side: Side | undefined;
  provider: string | undefined;
  mentions: string | undefined;

  constructor(first: FileUnit, seed?: FileUnit) {
    this.folder = first.folder;
    this.seed = seed;
    this.add(first);
  }

  add(unit: FileUnit): void {
    this.units.push(unit);
    this.side ??= unit.side;
    this.provider ??= unit.provider;
    this.mentions ??= unit.mentions;
    for (const key of unit.identities) this.identities.add(key);
    for (const key of unit.provides) this.provides.add(key);
    for (const key of unit.wants) this.wants.add(key);
  }
}

/** Whether two sets of objects cannot be of one installation: of different sides, or of different providers. */
export function disagree(a: Belongings, b: Belongings): boolean {
  return differ(a.side, b.side) || differ(a.provider, b.provider);
}

export function differ<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** Whether both have an object that one API server can have once only. */
export function collide(a: Belongings, b: Belongings): boolean {
  return meet(a.identities, b.identities);
}

/** Whether one has what the other refers to and does not have itself. */
export function connected(a: Belongings, b: Belongings): boolean {
  const lacks = ({ wants, provides }: Belongings): string[] => [...wants].filter((key) => !provides.has(key));
  return lacks(a).some((key) => b.provides.has(key)) || lacks(b).some((key) => a.provides.has(key));
}

export function meet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  return [...small].some((key) => large.has(key));
}

/** Steps from one folder to another, up and down. */
export function distance(from: readonly string[], to: readonly string[]): number {
  const shared = sharedSteps(from, to);
  return from.length + to.length - 2 * shared;
}

/** Whether one folder is the other or stands in it. */
export function isNested(a: readonly string[], b: readonly string[]): boolean {
  return sharedSteps(a, b) === Math.min(a.length, b.length);
}

export function sharedSteps(a: readonly string[], b: readonly string[]): number {
  const end = a.findIndex((step, index) => step !== b[index]);
  return end < 0 ? a.length : end;
}
