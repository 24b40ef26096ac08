import { createHash } from 'node:crypto';

/** Randomness that depends only on a seed and the names of what it is drawn for, never on the order of calls. */
export class SeededRandom {
  readonly #seed: string;

  constructor(seed: string | number) {
    this.#seed = String(seed);
  }

  #digest(...keys: readonly (string | number)[]): Buffer {
    return createHash('sha256')
      .update([this.#seed, ...keys].join('\u0000'))
      .digest();
  }

  /** A number in [0, 1) for these keys. */
  fraction(...keys: readonly (string | number)[]): number {
    return this.#digest(...keys).readUIntBE(0, 6) / 2 ** 48;
  }

  /** A whole number in [min, max] for these keys. */
  integer(min: number, max: number, ...keys: readonly (string | number)[]): number {
    return min + Math.floor(this.fraction(...keys) * (max - min + 1));
  }

  /** A UUID (version 4 shape) for these keys. */
  uuid(...keys: readonly (string | number)[]): string {
    const h = this.#digest('uuid', ...keys).toString('hex');
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
  }

  /** A suffix of `length` characters as Kubernetes generates them for names. */
  suffix(length: number, ...keys: readonly (string | number)[]): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
    const bytes = this.#digest('suffix', ...keys);
    return Array.from({ length }, (_, i) => alphabet[(bytes[i % bytes.length] ?? 0) % alphabet.length]).join('');
  }
}
