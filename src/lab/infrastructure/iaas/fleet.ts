import { ClusterDirectory, type LoadBalancer } from '../../machines/index.ts';
import { Faults } from './faults.ts';
import type { PersistentDisk, VirtualMachine, VmState } from './virtual-machine.ts';

/** A machine as the IaaS itself holds it. */
export interface Machine extends VirtualMachine {
  state: VmState;
  error?: string | undefined;
  addressesReported: boolean;
  node?: VirtualMachine['node'];
  readonly console: string[];
  /** Aborts when the machine is switched off. */
  power: AbortController;
}

/**
 * Everything that stands in a platform's inventory, at whichever site: one vCenter, VRM or cloud may serve several, and the
 * providers of each see all of it.
 */
export class Fleet {
  readonly faults = new Faults();
  readonly clusters = new ClusterDirectory();
  readonly machines = new Map<string, Machine>();
  readonly disks = new Map<string, PersistentDisk>();
  readonly balancers = new Map<string, LoadBalancer>();
  readonly #listeners = new Set<(vm: VirtualMachine) => void>();

  constructor() {
    this.faults.onChange(() => {
      for (const vm of this.machines.values()) this.changed(vm);
    });
  }

  changed(vm: VirtualMachine): void {
    for (const listener of this.#listeners) listener(vm);
  }

  /** Called when a machine's state changes. Returns the way to stop listening. */
  onChange(listener: (vm: VirtualMachine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
