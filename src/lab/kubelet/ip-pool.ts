import { GlobalctlError } from '../../base/index.ts';

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Hands out the IPv4 addresses of a CIDR block, lowest free first after the last one given, so that addresses are not reused at once. */
export class IpPool {
  readonly #first: number;
  readonly #last: number;
  readonly #used = new Set<number>();
  #next: number;

  constructor(cidr: string) {
    const [base = '', length = '16'] = (cidr.split(',')[0] ?? '').split('/');
    const size = 2 ** (32 - Number(length));
    const start = Math.floor(toNumber(base) / size) * size;
    // Network address and gateway are taken, the broadcast address too.
    this.#first = start + 2;
    this.#last = start + size - 2;
    this.#next = this.#first;
  }

  /** Throws LAB_ADDRESS_IN_USE when the block is used up. */
  take(): string {
    for (let i = this.#first; i <= this.#last; i++) {
      const candidate = this.#next;
      this.#next = candidate >= this.#last ? this.#first : candidate + 1;
      if (this.#used.has(candidate)) continue;
      this.#used.add(candidate);
      return toText(candidate);
    }
    throw new GlobalctlError('LAB_ADDRESS_IN_USE', {
      message: 'the Pod CIDR has no free address',
      subject: 'Pod CIDR',
    });
  }

  release(ip: string): void {
    this.#used.delete(toNumber(ip));
  }
}

/** The `index`-th /24 of a CIDR block, as a controller manager assigns them to nodes; undefined when there are not so many. */
export function nodeSlice(cidr: string, index: number): string | undefined {
  const [base = '', length = '16'] = (cidr.split(',')[0] ?? '').split('/');
  const slices = 2 ** (24 - Number(length));
  if (index >= slices) return undefined;
  const size = 2 ** (32 - Number(length));
  return `${toText(Math.floor(toNumber(base) / size) * size + index * 256)}/24`;
}
