import type { KeyValueStore } from '../../../src/etcd/index.ts';
import type { KubeClient } from '../../../src/kube/index.ts';

/** What the process that would have been killed dies of. */
export class Killed extends Error {}

const clientWrites = new Set(['create', 'replace', 'replaceStatus', 'apply', 'patch', 'delete']);
const storeWrites = new Set(['put', 'deleteRange', 'txn']);

/**
 * Every write of an import goes through it. It counts them, tells after each one, and lets the process die at one of them: before
 * the write has an effect, or after it, when the answer is lost.
 */
export class WriteGate {
  writes = 0;
  readonly #killAt: number | undefined;
  readonly #when: 'before' | 'after';
  readonly #onWritten: () => Promise<void>;

  constructor(
    options: {
      readonly killAt?: number | undefined;
      readonly when?: 'before' | 'after';
      readonly onWritten?: () => Promise<void>;
    } = {},
  ) {
    this.#killAt = options.killAt;
    this.#when = options.when ?? 'before';
    this.#onWritten = options.onWritten ?? (() => Promise.resolve());
  }

  client(client: KubeClient): KubeClient {
    return this.#guard(client, clientWrites);
  }

  store(store: KeyValueStore): KeyValueStore {
    return this.#guard(store, storeWrites);
  }

  #guard<T extends object>(subject: T, writes: ReadonlySet<string>): T {
    return new Proxy(subject, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const method = value.bind(target) as (...args: unknown[]) => unknown;
        return writes.has(String(name)) ? (...args: unknown[]) => this.#write(() => method(...args)) : method;
      },
    });
  }

  async #write(write: () => unknown): Promise<unknown> {
    const number = ++this.writes;
    // A dead process writes nothing more, whatever it still had in flight.
    const dead = this.#killAt !== undefined && number >= this.#killAt;
    if (dead && (number > (this.#killAt ?? 0) || this.#when === 'before'))
      throw new Killed(`before write ${String(number)}`);
    const answer = await write();
    await this.#onWritten();
    if (dead) throw new Killed(`after write ${String(number)}`);
    return answer;
  }
}
