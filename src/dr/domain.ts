import { lookup } from 'node:dns/promises';
import type { X509Certificate } from 'node:crypto';
import { runCommand } from '../base/index.ts';
import { probePort } from './check/probe-port.ts';
import { readChain } from './check/certificate.ts';
import { otherSide, platformDomain, vipOf, type Pair, type SideName } from './pair.ts';

/** How the platform domain is led to a side. */
export interface DomainSwitch {
  /** A program and its arguments; `{domain}` and `{ip}` are filled in. Absent: a person does it, and is waited for. */
  readonly hook?: readonly string[] | undefined;
}

/** What a look at the domain needs to know of the sides. */
export interface SideIdentities {
  /** CA of a side's new cluster, in PEM form; undefined while there is no cluster. */
  ca(side: SideName): Promise<string | undefined>;
  /** HTTP proxy through which the addresses of a side are reached. */
  proxy(side: SideName): Promise<string | undefined>;
}

export interface DomainLook {
  readonly ok: boolean;
  readonly observed: string;
}

/** Port on which a side's identity shows: its VIP forwards it to the API servers, and no other cluster can show that CA's certificate. */
const API_PORT = 6443;

/**
 * Whether the platform domain leads to a side. What answers under the domain must show a certificate that this side's own CA
 * issued, which no answer of a name server could prove. Where the side has no cluster yet, the name must resolve to its VIP; behind
 * a proxy, whose name server is not ours to ask, it must at least no longer lead to the other side.
 */
export async function domainLeadsTo(pair: Pair, side: SideName, sides: SideIdentities): Promise<DomainLook> {
  const domain = platformDomain(pair);
  const proxy = await sides.proxy(side);
  const [ownCa, otherCa] = [await sides.ca(side), await sides.ca(otherSide(side))];
  const probe = await probePort({ host: domain, port: API_PORT, tls: true, proxyUrl: proxy });
  const shown = probe.open ? probe.certificate : undefined;
  if (shown && ownCa !== undefined && issuedBy(shown, ownCa))
    return { ok: true, observed: `${domain} answers with a certificate of the ${side} side` };
  if (shown && otherCa !== undefined && issuedBy(shown, otherCa))
    return { ok: false, observed: `${domain} still leads to the ${otherSide(side)} side` };
  if (ownCa !== undefined) {
    const seen = probe.open ? 'shows a certificate of neither side' : `cannot be reached: ${probe.reason}`;
    return { ok: false, observed: `${domain} ${seen}` };
  }
  if (proxy !== undefined) return { ok: true, observed: `${domain} does not lead to the ${otherSide(side)} side` };
  const addresses = await resolveAll(domain);
  const wanted = vipOf(pair, side);
  return {
    ok: addresses.length > 0 && addresses.every((address) => address === wanted),
    observed: `${domain} resolves to ${addresses.join(', ') || 'nothing'}, wanted is ${wanted}`,
  };
}

function issuedBy(certificate: X509Certificate, caPem: string): boolean {
  return readChain(caPem).some((ca) => {
    try {
      return certificate.verify(ca.publicKey);
    } catch {
      // A key of another kind than the signature's.
      return false;
    }
  });
}

async function resolveAll(domain: string): Promise<string[]> {
  try {
    return (await lookup(domain, { all: true, family: 4 })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** Runs the command that leads the domain to a side. Throws what running a program throws. */
export async function runDomainHook(
  hook: readonly string[],
  options: { readonly domain: string; readonly ip: string; readonly signal: AbortSignal },
): Promise<void> {
  const { domain, ip, signal } = options;
  const [program = '', ...args] = hook.map((word) => word.replaceAll('{domain}', domain).replaceAll('{ip}', ip));
  await runCommand({ program, args, signal });
}
