import { contains, ipv4Number, ipv4Text, parseNetwork } from '../../site/index.ts';

/** Where the standby side's addresses come from. */
export interface AddressMove {
  /** Network of the primary side's nodes. */
  readonly from: string;
  /** That of the standby side's; the same where both sides share one. */
  readonly to: string;
  readonly primaryVIP: string;
  readonly standbyVIP: string;
}

/** The network of the same size around an address. */
export function networkAround(address: string, like: string): string {
  const { first, prefixLength } = parseNetwork(`${address}/${like.split('/')[1] ?? ''}`);
  return `${ipv4Text(first)}/${String(prefixLength)}`;
}

/**
 * The standby side's counterpart of an address or network of the primary side; undefined for one outside the primary's node
 * network, which nothing says anything about. Between two networks the host part stays, inside one everything that a side has to
 * itself moves as far as the VIP does; `shared` (gateways, name servers, the network itself) then stays.
 */
export function moveAddress(value: string, move: AddressMove, shared: boolean): string | undefined {
  const [address = '', length] = value.split('/');
  const from = parseNetwork(move.from);
  if (!contains(from, address)) return undefined;
  const suffix = length === undefined ? '' : `/${length}`;
  if (address === move.primaryVIP) return `${move.standbyVIP}${suffix}`;
  const sameNetwork = move.from === move.to;
  if (sameNetwork && shared) return value;
  const distance = sameNetwork
    ? ipv4Number(move.standbyVIP) - ipv4Number(move.primaryVIP)
    : parseNetwork(move.to).first - from.first;
  return `${ipv4Text(ipv4Number(address) + distance)}${suffix}`;
}
