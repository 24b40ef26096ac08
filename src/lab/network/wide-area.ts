import { GlobalctlError } from '../../base/index.ts';
import type { Foreign, LabNetwork } from './lab-network.ts';
import { WanLink } from './wan-link.ts';

/**
 * What joins the networks of several sites: a site finds the public addresses of the others over a link of its own to each. What
 * a site keeps to itself (`LabNetwork.keepPrivate`) may exist at every one of them.
 */
export class WideArea {
  readonly #networks = new Map<string, LabNetwork>();
  readonly #links = new Map<string, WanLink>();

  join(site: string, network: LabNetwork): void {
    this.#networks.set(site, network);
    network.connect((address, asked) => this.#find(site, address, asked));
  }

  get links(): readonly WanLink[] {
    return [...this.#networks.keys()].flatMap((from) =>
      [...this.#networks.keys()].filter((to) => to !== from).map((to) => this.link(from, to)),
    );
  }

  /** The link over which `from` opens connections to `to`. Throws USAGE for a site that is none. */
  link(from: string, to: string): WanLink {
    for (const site of [from, to])
      if (!this.#networks.has(site) || from === to)
        throw new GlobalctlError('USAGE', {
          message: `there is no link from ${from} to ${to}`,
          expected: `two of ${[...this.#networks.keys()].join(', ')}`,
        });
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (!link) this.#links.set(key, (link = new WanLink(from, to)));
    return link;
  }

  #find(site: string, address: { host: string; port: number }, asked: Foreign['asked']): Foreign['found'] {
    for (const [other, network] of this.#networks) {
      if (other === site || network.isPrivate(address.host)) continue;
      const link = this.link(site, other);
      const found = link.admits(address.port) ? network.resolveOwn(address, asked) : undefined;
      if (found) return { ...found, link: found.link ?? link };
    }
    return undefined;
  }
}
