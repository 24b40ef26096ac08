import type { Clock } from '../../base/index.ts';
import { EtcdRefusal, type LeaseState } from '../../etcd/index.ts';

/** etcd raises shorter times: one and a half of its election timeouts of a second, rounded up. */
const MIN_TTL_SECONDS = 2;
/** etcd's bound: longer times would overflow its clock. */
const MAX_TTL_SECONDS = 9_000_000_000;

/** One lease; its keys as order keys (one character a byte). */
interface Lease {
  readonly id: string;
  readonly ttlSeconds: number;
  expiresAtMs: number;
  readonly keys: Set<string>;
}

/** The store's leases: which exist, until when, and what hangs on them. Deleting the keys is the store's part. */
export class Leases {
  readonly #clock: Clock;
  readonly #leases = new Map<string, Lease>();
  #nextId = 1n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#leases.size;
  }

  grant(asked: number, id = '0'): { readonly id: string; readonly ttlSeconds: number } {
    if (asked > MAX_TTL_SECONDS) throw new EtcdRefusal('OUT_OF_RANGE', 'too large lease TTL', String(asked));
    const taken = id === '0' ? this.#unusedId() : id;
    if (this.#leases.has(taken)) throw new EtcdRefusal('FAILED_PRECONDITION', 'lease already exists', taken);
    const ttlSeconds = Math.max(MIN_TTL_SECONDS, asked);
    const expiresAtMs = this.#clock.now() + ttlSeconds * 1000;
    this.#leases.set(taken, { id: taken, ttlSeconds, expiresAtMs, keys: new Set() });
    return { id: taken, ttlSeconds };
  }

  /** Returns the time to live in seconds; 0 when there is no such lease. */
  keepAlive(id: string): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.expiresAtMs = this.#clock.now() + lease.ttlSeconds * 1000;
    return lease.ttlSeconds;
  }

  state(id: string): LeaseState | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const remainingSeconds = Math.max(0, Math.floor((lease.expiresAtMs - this.#clock.now()) / 1000));
    const keys = [...lease.keys].sort().map((key) => Buffer.from(key, 'latin1'));
    return { id, grantedTtlSeconds: lease.ttlSeconds, remainingSeconds, keys };
  }

  ids(): string[] {
    return [...this.#leases.keys()];
  }

  all(): { readonly id: string; readonly ttlSeconds: number; readonly remainingSeconds: number }[] {
    const now = this.#clock.now();
    return [...this.#leases.values()].map(({ id, ttlSeconds, expiresAtMs }) => ({
      id,
      ttlSeconds,
      remainingSeconds: Math.max(0, Math.floor((expiresAtMs - now) / 1000)),
    }));
  }

  /** Removes a lease; returns the order keys that were attached to it. */
  remove(id: string): string[] {
    const { keys } = this.#get(id);
    this.#leases.delete(id);
    return [...keys];
  }

  expired(): string[] {
    const now = this.#clock.now();
    return [...this.#leases.values()].filter((l) => l.expiresAtMs <= now).map((l) => l.id);
  }

  /** Throws ETCD_REQUEST when the lease does not exist; `'0'` is no lease and always fine. */
  require(id: string): void {
    if (id !== '0') this.#get(id);
  }

  attach(id: string, key: string): void {
    if (id !== '0') this.#leases.get(id)?.keys.add(key);
  }

  detach(id: string, key: string): void {
    if (id !== '0') this.#leases.get(id)?.keys.delete(key);
  }

  #get(id: string): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new EtcdRefusal('NOT_FOUND', 'requested lease not found', `lease ${id}`);
    return lease;
  }

  #unusedId(): string {
    while (this.#leases.has(String(this.#nextId))) this.#nextId++;
    return String(this.#nextId++);
  }
}
