import ipaddr from 'ipaddr.js';

/** A network in CIDR form of either family. */
export interface IpRange {
  readonly first: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
}

/** Four decimal parts without leading zeros, which some readers take for octal. */
const FOUR_PARTS = /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$/;

/** An address of either family, IPv4 in four decimal parts alone. */
export function parseAddress(text: unknown): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (typeof text !== 'string') return undefined;
  if (FOUR_PARTS.test(text)) return ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** `10.0.0.0/24` or `fd00::/64`; host bits are kept. Undefined for anything else. */
export function parseRange(text: unknown): IpRange | undefined {
  if (typeof text !== 'string') return undefined;
  const [address, length, ...rest] = text.split('/');
  const first = parseAddress(address);
  if (first === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = Number(length);
  return prefix <= (first.kind() === 'ipv4' ? 32 : 128) ? { first, prefix } : undefined;
}

/** One form for every spelling of an address, so that equal addresses compare as equal; other text as it is. */
export function sameForm(address: string): string {
  return parseAddress(address)?.toNormalizedString() ?? address;
}

/** The range as the first of its addresses and the prefix length. */
export function canonicalRange({ first, prefix }: IpRange): string {
  const text = `${first.toString()}/${String(prefix)}`;
  const network =
    first.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
  return `${network.toString()}/${String(prefix)}`;
}

/** Ranges of the two families of addresses never meet. */
export function rangesOverlap(a: IpRange, b: IpRange): boolean {
  return a.first.kind() === b.first.kind() && a.first.match(b.first, Math.min(a.prefix, b.prefix));
}

export function rangeHolds({ first, prefix }: IpRange, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.kind() === first.kind() && address.match(first, prefix);
}

/** 172.16.0.0 to 172.32.255.255, where container bridges take their networks (runbook §1). */
const bridges = ['172.16.0.0/12', '172.32.0.0/16'].flatMap((text) => parseRange(text) ?? []);

export function touchesBridges(range: IpRange): boolean {
  return bridges.some((bridge) => rangesOverlap(bridge, range));
}
