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
  if (prefix === undefined)
    return [
      { key: 'mask', message: 'the mask is none', expected: 'a prefix length such as 24, or dotted: 255.255.255.0' },
    ];
  if (!isAddress(gateway))
    return [{ key: 'gateway', message: 'the gateway is no plain IPv4 address', expected: 'an address without prefix' }];
  const subnet = `${ip}/${String(prefix)}`;
  if (ipaddr.IPv4.parse(gateway).match(ipaddr.IPv4.parseCIDR(subnet))) return [];
  return [
    { key: 'gateway', message: `the gateway is not in the subnet of ${subnet}`, expected: 'an address of that subnet' },
  ];
}
