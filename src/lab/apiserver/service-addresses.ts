import type { StrategyContext } from './resource-definition.ts';

/** Hands out the cluster IPs of Services, in order; what is asked for is granted. */
export class ServiceAddresses {
  readonly #base: number;
  #next = 10;
  #nextPort = 30_000;

  /** `cidr` is IPv4. Its first address belongs to the API server, as in every cluster. */
  constructor(cidr: string) {
    const [address = ''] = cidr.split('/');
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  }

  strategyContext(nowMs: number): StrategyContext {
    return {
      nowMs,
      allocateClusterIp: (asked) => asked ?? this.#format(this.#next++),
      allocateNodePort: (asked) => asked ?? this.#nextPort++,
    };
  }

  #format(offset: number): string {
    const value = this.#base + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  }
}
