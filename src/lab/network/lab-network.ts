import { BlockList, isIP } from 'node:net';
import { GlobalctlError } from '../../base/index.ts';
import type { WanLink } from './wan-link.ts';

/** An address inside the lab's data centre: an IP (or a bound name) and a TCP port. */
export interface LabAddress {
  readonly host: string;
  readonly port: number;
}

/** Something that occupies an address until it is disposed of. Disposing twice does nothing. */
export interface Binding {
  dispose(): void;
}

/** What stands behind an address: a loopback listener, or a load balancer's choice of further addresses. */
type Endpoint =
  | { readonly type: 'listener'; readonly loopbackPort: number }
  | { readonly type: 'balancer'; readonly backends: () => readonly LabAddress[]; next: number };

/** Where an address leads. */
export interface LabTarget {
  readonly loopbackPort: number;
  /** Every IP on the way: balancers, then the machine. */
  readonly through: readonly string[];
  /** The link to the other site that it lies in; undefined within this one. */
  readonly link?: WanLink | undefined;
}

/** How a network asks for an address that is not its own. */
export interface Foreign {
  readonly asked: readonly string[];
  readonly found: LabTarget | undefined;
}

type AskOthers = (address: LabAddress, through: Foreign['asked']) => Foreign['found'];

export function formatAddress({ host, port }: LabAddress): string {
  return host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
}

/**
 * The data centre's network: virtual addresses (VIPs, node IPs, Pod IPs, host names) over listeners on loopback. It opens no
 * socket itself; the proxy asks it where an address leads. Balancers are followed to the first backend that answers, in turn.
 */
export class LabNetwork {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #names: Map<string, string>;
  readonly #private = new BlockList();
  #askOthers: AskOthers = () => undefined;
  readonly #unplugged = new Set<string>();
  readonly #onUnplug = new Set<(host: string) => void>();

  /** `names`: a DNS that several networks share; one of its own when absent. */
  constructor({ names = new Map() }: { readonly names?: Map<string, string> } = {}) {
    this.#names = names;
  }

  /** What this network does not have itself is asked for there. */
  connect(askOthers: AskOthers): void {
    this.#askOthers = askOthers;
  }

  /** Addresses (`172.18.0.0/16`) that end at the edge of the site: no other site finds them here, nor are they looked for elsewhere. */
  keepPrivate(cidr: string): void {
    const [address = '', length = ''] = cidr.split('/');
    this.#private.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }

  isPrivate(host: string): boolean {
    const family = isIP(host);
    return family !== 0 && this.#private.check(host, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** Lets `address` lead to a listener on 127.0.0.1:`loopbackPort`. Throws LAB_ADDRESS_IN_USE. */
  bind(address: LabAddress, loopbackPort: number): Binding {
    return this.#occupy(address, { type: 'listener', loopbackPort });
  }

  /**
   * Lets `address` lead to one of `backends()`, asked anew for each connection: round robin over those that lead to a
   * listener. Throws LAB_ADDRESS_IN_USE.
   */
  balance(address: LabAddress, backends: () => readonly LabAddress[]): Binding {
    return this.#occupy(address, { type: 'balancer', backends, next: 0 });
  }

  /** DNS: `domain` leads to `ip`, for every port. A later call replaces an earlier one. */
  setName(domain: string, ip: string): void {
    this.#names.set(domain.toLowerCase(), ip);
  }

  removeName(domain: string): void {
    this.#names.delete(domain.toLowerCase());
  }

  /** The names that are set, for `lab status`. */
  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  /** Takes a machine's cable out (nothing at this IP can be reached, open connections are cut) or puts it back. */
  setReachable(ip: string, reachable: boolean): void {
    if (reachable) this.#unplugged.delete(ip);
    else {
      this.#unplugged.add(ip);
      for (const listener of this.#onUnplug) listener(ip);
    }
  }

  /** Tells who holds connections open that those through `ip` must be cut. Returns the way to stop listening. */
  onUnplugged(listener: (ip: string) => void): () => void {
    this.#onUnplug.add(listener);
    return () => this.#onUnplug.delete(listener);
  }

  /** Where `host:port` leads, or undefined when nothing listens there or a machine on the way is unplugged. */
  resolve(host: string, port: number): LabTarget | undefined {
    return this.#follow({ host, port }, []);
  }

  /** The same among this network's own addresses, as another site asks. */
  resolveOwn(address: LabAddress, through: readonly string[]): LabTarget | undefined {
    const host = address.host.toLowerCase();
    return this.#unplugged.has(host) ? undefined : this.#own({ host, port: address.port }, through);
  }

  /** Every occupied address, sorted, for `lab status`. */
  addresses(): string[] {
    return [...this.#endpoints.keys()].sort();
  }

  #occupy(address: LabAddress, endpoint: Endpoint): Binding {
    const key = formatAddress({ host: address.host.toLowerCase(), port: address.port });
    if (this.#endpoints.has(key))
      throw new GlobalctlError('LAB_ADDRESS_IN_USE', {
        message: `address ${key} of the data centre is in use`,
        subject: key,
      });
    this.#endpoints.set(key, endpoint);
    return {
      dispose: () => {
        if (this.#endpoints.get(key) === endpoint) this.#endpoints.delete(key);
      },
    };
  }

  #follow(address: LabAddress, through: readonly string[]): LabTarget | undefined {
    // A balancer that leads back to itself must end.
    if (through.length > 8) return undefined;
    const named = address.host.toLowerCase();
    const host = this.#names.get(named) ?? named;
    if (this.#unplugged.has(host)) return undefined;
    const here = { host, port: address.port };
    if (this.#endpoints.has(formatAddress(here))) return this.#own(here, through);
    return this.isPrivate(host) ? undefined : this.#askOthers(here, through);
  }

  #own(address: LabAddress, through: readonly string[]): LabTarget | undefined {
    const endpoint = this.#endpoints.get(formatAddress(address));
    if (!endpoint) return undefined;
    const path = [...through, address.host];
    if (endpoint.type === 'listener') return { loopbackPort: endpoint.loopbackPort, through: path };
    const backends = endpoint.backends();
    for (let i = 0; i < backends.length; i++) {
      const backend = backends[(endpoint.next + i) % backends.length];
      const found = backend && this.#follow(backend, path);
      if (found) {
        endpoint.next = (endpoint.next + i + 1) % backends.length;
        return found;
      }
    }
    return undefined;
  }
}
