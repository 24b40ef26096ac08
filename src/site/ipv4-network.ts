/** An IPv4 network as the numbers of its first and last address. */
export interface Ipv4Network {
  readonly first: number;
  readonly last: number;
  readonly prefixLength: number;
}

/** An IPv4 address in four decimal parts as a number; the form was checked by the schema. */
export function ipv4Number(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** `10.0.0.0/24`; host bits are ignored. */
export function parseNetwork(cidr: string): Ipv4Network {
  const [address = '', length = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(ipv4Number(address) / size) * size;
  return { first, last: first + size - 1, prefixLength: Number(length) };
}

export function formatNetwork(network: Ipv4Network): string {
  return `${ipv4Text(network.first)}/${String(network.prefixLength)}`;
}

export function contains(network: Ipv4Network, address: string): boolean {
  const number = ipv4Number(address);
  return number >= network.first && number <= network.last;
}

export function overlaps(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether a machine may have this address: inside the network, neither its first nor its last address. */
export function isHostAddress(network: Ipv4Network, address: string): boolean {
  if (!contains(network, address)) return false;
  if (network.prefixLength >= 31) return true;
  const number = ipv4Number(address);
  return number !== network.first && number !== network.last;
}
