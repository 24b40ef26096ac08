/**
 * What can go wrong in the data centre on purpose:
 * `create-vm` a creation fails; `quota` a creation is refused; `api-unreachable` the IaaS endpoint does not answer;
 * `unauthorized` the credentials are refused; `slow` everything about a machine takes `factor` times as long;
 * `placement-stall` a machine stays in creation until the fault is cleared; `no-address` a guest never reports its address;
 * `no-capacity` a disk cannot be placed.
 */
export const faultNames = [
  'create-vm',
  'quota',
  'api-unreachable',
  'unauthorized',
  'slow',
  'placement-stall',
  'no-address',
  'no-capacity',
] as const;

export type FaultName = (typeof faultNames)[number];

export interface Fault {
  readonly name: FaultName;
  /** Regular expression over the machine's name (or the endpoint); everything when absent. */
  readonly match?: string | undefined;
  /** How often it strikes; always when absent. */
  readonly times?: number | undefined;
  /** For `slow`. Default 10. */
  readonly factor?: number | undefined;
  /** The words of the failure; each provider has its own when absent. */
  readonly message?: string | undefined;
}

interface Injected {
  readonly fault: Fault;
  left: number;
}

/** The faults that are in force. Who is about to do something asks whether one strikes. */
export class Faults {
  #injected: Injected[] = [];
  readonly #listeners = new Set<() => void>();

  inject(fault: Fault): void {
    this.#injected.push({ fault, left: fault.times ?? Infinity });
    this.#changed();
  }

  /** Ends the faults of a name, or all. */
  clear(name?: FaultName): void {
    this.#injected = name === undefined ? [] : this.#injected.filter((i) => i.fault.name !== name);
    this.#changed();
  }

  list(): readonly Fault[] {
    return this.#injected.map((i) => i.fault);
  }

  /** The fault that strikes now, counted against its `times`; undefined when all goes well. */
  strike(name: FaultName, subject: string): Fault | undefined {
    const found = this.#find(name, subject);
    if (!found) return undefined;
    found.left--;
    if (found.left <= 0) this.#injected = this.#injected.filter((i) => i !== found);
    return found.fault;
  }

  /** Whether a fault is in force, without counting. */
  inForce(name: FaultName, subject: string): Fault | undefined {
    return this.#find(name, subject)?.fault;
  }

  /** Called when faults come or go. Returns the way to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #find(name: FaultName, subject: string): Injected | undefined {
    return this.#injected.find(
      ({ fault, left }) =>
        fault.name === name && left > 0 && (fault.match === undefined || new RegExp(fault.match).test(subject)),
    );
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
