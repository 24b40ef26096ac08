import { GlobalctlError } from '../base/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import type { LoadedSite, Site } from '../site/index.ts';

/** The role that a site file gives its side; which side is active changes with every switch. */
export type SideName = 'primary' | 'standby';

export const sideNames: readonly SideName[] = ['primary', 'standby'];

/** A site file of a pair, loaded. */
export interface PairedSite {
  readonly loaded: LoadedSite;
  readonly provider: SupportedProvider;
}

/** The two sites of a pair, each with a `dr` block. */
export type Pair = Readonly<Record<SideName, PairedSite>>;

export function otherSide(side: SideName): SideName {
  return side === 'primary' ? 'standby' : 'primary';
}

/** The block `dr` of a site of a pair. */
export function drOf(site: Site): NonNullable<Site['dr']> {
  if (site.dr) return site.dr;
  throw new GlobalctlError('DR_PAIR', {
    message: `${site.metadata.name} has no block dr`,
    subject: site.metadata.name,
    expected: 'dr with role, both VIPs and the encryption key',
  });
}

/** VIP of a side, as its own site file has it. */
export function vipOf(pair: Pair, side: SideName): string {
  return pair[side].loaded.site.network.controlPlaneVIP;
}

export function platformDomain(pair: Pair): string {
  return pair.primary.loaded.site.platform.host;
}

/** Which of two sites is which, by `dr.role`; the order they come in says nothing. Throws DR_PAIR. */
export function pairOf(sites: readonly PairedSite[]): Pair {
  const [first, second] = sites;
  if (!first || !second || sites.length > 2)
    throw new GlobalctlError('DR_PAIR', {
      message: 'a pair has two site files',
      expected: '-f primary.yaml -f standby.yaml',
      found: `${String(sites.length)} ${sites.length === 1 ? 'site file' : 'site files'}`,
    });
  const roles = [first, second].map(({ loaded }) => {
    const { dr } = loaded.site;
    if (dr) return dr.role;
    throw new GlobalctlError('DR_PAIR', {
      message: `${loaded.path} has no block dr`,
      subject: loaded.path,
      expected: 'dr.role: primary or standby',
    });
  });
  if (roles[0] === roles[1])
    throw new GlobalctlError('DR_PAIR', {
      message: `both site files are of role ${String(roles[0])}`,
      subject: second.loaded.path,
      expected: 'one of role primary, one of role standby',
      found: `${first.loaded.path} and ${second.loaded.path}: ${String(roles[0])}`,
      place: second.loaded.placeOf('dr.role'),
      snippet: second.loaded.snippetOf('dr.role'),
    });
  return roles[0] === 'primary' ? { primary: first, standby: second } : { primary: second, standby: first };
}
