import { fieldAt } from '../../kube/index.ts';
import {
  listAt,
  parseAddress,
  parseRange,
  prefixOfMask,
  type FieldPath,
  type IpRange,
  type ManifestView,
  type PlacedObject,
} from '../../providers/index.ts';

export interface NodeAddress {
  readonly at: PlacedObject;
  /** Where the address itself stands. */
  readonly path: FieldPath;
  readonly address: string;
  readonly parsed: NonNullable<ReturnType<typeof parseAddress>>;
  readonly family: 'ipv4' | 'ipv6';
  /** The network of the NIC, where the pool says it. */
  readonly network: IpRange | undefined;
  /** 0 for the NIC that gives the node its address. */
  readonly nic: number;
  /** Index of the pool entry. */
  readonly slot: number;
}

const known = new WeakMap<ManifestView, readonly NodeAddress[]>();

/** The addresses of every NIC of every pool entry, IPv4 before IPv6, with where they stand. Several rules ask for them. */
export function nodeAddresses(view: ManifestView): readonly NodeAddress[] {
  const found = known.get(view) ?? [...readAddresses(view)];
  known.set(view, found);
  return found;
}

function* readAddresses({ provider, ofKind }: ManifestView): Generator<NodeAddress> {
  const { slots, slotAddressPaths } = provider.shape;
  for (const at of ofKind(provider.kinds.pool.kind))
    for (const [slot, entry] of listAt(at.object, slots).entries())
      for (const [nic, path] of slotAddressPaths(entry).entries()) {
        const block = path.slice(0, -1);
        const mask = prefixOfMask(fieldAt(entry, ...block, 'mask'));
        for (const field of [path, [...block, 'ipv6']]) {
          const [address = '', prefix = mask] = splitAddress(fieldAt(entry, ...field));
          const parsed = parseAddress(address);
          if (parsed === undefined) continue;
          const network = parseRange(`${address}/${String(prefix)}`);
          yield { at, path: [...slots, slot, ...field], address, parsed, family: parsed.kind(), network, nic, slot };
        }
      }
}

/** A prefix length may follow the address. */
function splitAddress(written: unknown): string[] {
  return typeof written === 'string' ? written.split('/') : [];
}
