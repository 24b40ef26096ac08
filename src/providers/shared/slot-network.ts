import ipaddr from 'ipaddr.js';

/** What is wrong with the network of one pool slot, as far as its values tell; `key` is the field of the slot. */
export interface SlotFault {
  readonly key: 'ip' | 'mask' | 'gateway';
  readonly message: string;
  readonly expected: string;
}

/** The prefix length of a mask in either form, `24` or `255.255.255.0`; undefined for anything else. */
export function prefixOfMask(mask: unknown): number | undefined {
  if (typeof mask !== 'string') return undefined;
  if (/^\d{1,2}$/.test(mask)) return Number(mask) <= 32 ? Number(mask) : undefined;
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined;
}

const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && ipaddr.IPv4.isValidFourPartDecimal(value);

/** Address and gateway are plain IPv4 addresses of one subnet (dcs.md §8.2, vsphere.md §8.1). */
export function slotFaults(slot: { ip: unknown; prefix: number | undefined; gateway: unknown }): SlotFault[] {
  const { ip, prefix, gateway } = slot;
  if (!isAddress(ip)) return [{ key: 'ip', message: 'the address is no IPv4 address', expected: 'an IPv4 address' }];
  if (prefix === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > 32)
    return [
      { key: 'mask', message: 'the mask is none', expected: 'a prefix length such as 24, or dotted: 255.255.255.0' },
    ];
  if (!isAddress(gateway))
    return [{ key: 'gateway', message: 'the gateway is no plain IPv4 address', expected: 'an address without prefix' }];
  const subnet = `${ip}/${String(prefix)}`;
  // Subnets of one or two addresses (RFC 3021) have neither a network nor a broadcast address.
  const reserved = prefix < 31 ? reservedOf(subnet) : [];
  if (!ipaddr.IPv4.parse(gateway).match(ipaddr.IPv4.parseCIDR(subnet)))
    return [
      {
        key: 'gateway',
        message: `the gateway is not in the subnet of ${subnet}`,
        expected: 'an address of that subnet',
      },
    ];
  if (reserved.includes(ip))
    return [
      { key: 'ip', message: `${subnet} is the network itself or its broadcast address`, expected: 'a host address' },
    ];
  if (gateway === ip || reserved.includes(gateway))
    return [
      {
        key: 'gateway',
        message: gateway === ip ? 'the gateway is the node itself' : `the gateway is no host address of ${subnet}`,
        expected: 'the address of the router',
      },
    ];
  return [];
}

/** The first and the last address of a network. */
function reservedOf(subnet: string): string[] {
  return [ipaddr.IPv4.networkAddressFromCIDR(subnet), ipaddr.IPv4.broadcastAddressFromCIDR(subnet)].map(String);
}

/** What is wrong with a further NIC: it needs no gateway, and has address and mask otherwise (dcs.md §4, vsphere.md §4). */
export function furtherNicFaults(nic: { ip: unknown; prefix: number | undefined; gateway: unknown }): SlotFault[] {
  const { ip, gateway } = nic;
  if (gateway !== undefined) return slotFaults(nic);
  return slotFaults({ ...nic, gateway: ip }).filter(({ key }) => key !== 'gateway');
}
