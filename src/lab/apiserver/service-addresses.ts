import { fieldAt } from '../../kube/index.ts';
import type { UserInfo } from './user-info.ts';
import { objectsIn } from './json.ts';
import type { ObjectStorage } from './object-storage.ts';
import type { StrategyContext } from './resource-definition.ts';

const FIRST_NODE_PORT = 30_000;
/** Room for addresses that are asked for by number: the first is the API server's, the tenth DNS by custom. */
const FIRST_DRAWN = 16;

/** Hands out the cluster IPs and node ports of Services, in order; what is asked for is granted. */
export class ServiceAddresses {
  readonly #base: number;
  readonly #taken = new Set<string | number>();
  #next = FIRST_DRAWN;
  #nextPort = FIRST_NODE_PORT;

  /** `cidr` is IPv4. Its first address belongs to the API server, as in every cluster. */
  constructor(cidr: string) {
    const [address = ''] = cidr.split('/');
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  }

  get first(): string {
    return this.#format(1);
  }

  /** Takes note of what the Services in the store have. */
  async learn(storage: ObjectStorage): Promise<void> {
    for (const { object } of (await storage.list('/registry/services/specs/')).items) {
      const ip = fieldAt(object, 'spec', 'clusterIP');
      if (typeof ip === 'string') this.#taken.add(ip);
      for (const { nodePort } of objectsIn(fieldAt(object, 'spec', 'ports')))
        if (typeof nodePort === 'number') this.#taken.add(nodePort);
    }
  }

  strategyContext(nowMs: number, user: UserInfo): StrategyContext {
    return {
      nowMs,
      user,
      allocateClusterIp: (asked) => this.#take(asked ?? this.#draw(() => this.#format(this.#next++))),
      allocateNodePort: (asked) => this.#take(asked ?? this.#draw(() => this.#nextPort++)),
    };
  }

  #draw<T extends string | number>(next: () => T): T {
    for (;;) {
      const candidate = next();
      if (!this.#taken.has(candidate)) return candidate;
    }
  }

  #take<T extends string | number>(value: T): T {
    this.#taken.add(value);
    return value;
  }

  #format(offset: number): string {
    const value = this.#base + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  }
}
