import { isIP } from 'node:net';
import type { Binding, LabAddress, LabNetwork } from '../network/index.ts';

/** The ports that the guide has a `global` cluster's balancer forward: API, etcd sync, registry and console, web. */
export const GLOBAL_PORTS = [6443, 2379, 11443, 443] as const;

/**
 * A layer 4 balancer in front of control plane nodes: each port of its address leads to the same port of whichever backend
 * answers. Backends are asked for anew at each connection, as their owner keeps them up to date.
 */
export class LoadBalancer {
  readonly host: string;
  readonly #network: LabNetwork;
  readonly #backends: () => readonly string[];
  readonly #bindings = new Map<number, Binding>();

  /** `host` is an address or a name; a name that the data centre resolves is taken at its address. */
  constructor(network: LabNetwork, host: string, backends: () => readonly string[]) {
    this.#network = network;
    this.host = isIP(host) === 0 ? (network.names.get(host.toLowerCase()) ?? host) : host;
    this.#backends = backends;
  }

  get ports(): number[] {
    return [...this.#bindings.keys()].sort((a, b) => a - b);
  }

  /** Throws LAB_ADDRESS_IN_USE when something else holds the address. */
  listen(port: number): void {
    if (this.#bindings.has(port)) return;
    const backends = (): LabAddress[] => this.#backends().map((host) => ({ host, port }));
    this.#bindings.set(port, this.#network.balance({ host: this.host, port }, backends));
  }

  dispose(): void {
    for (const binding of this.#bindings.values()) binding.dispose();
    this.#bindings.clear();
  }
}
