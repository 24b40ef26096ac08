import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../kube/index.ts';
import { listAt, type FieldPath, type ManifestView, type PlacedObject } from '../../providers/index.ts';

export interface NodeAddress {
  readonly at: PlacedObject;
  /** Where the address itself stands. */
  readonly path: FieldPath;
  readonly address: string;
  /** 0 for the NIC that gives the node its address. */
  readonly nic: number;
  /** Index of the pool entry. */
  readonly slot: number;
}

/** The IPv4 addresses of every NIC of every pool entry, with where they stand. */
export function* nodeAddresses({ provider, ofKind }: ManifestView): Generator<NodeAddress> {
  const { slots, slotAddressPaths } = provider.shape;
  for (const at of ofKind(provider.kinds.pool.kind))
    for (const [slot, entry] of listAt(at.object, slots).entries())
      for (const [nic, path] of slotAddressPaths(entry).entries()) {
        const written = fieldAt(entry, ...path);
        const address = typeof written === 'string' ? written.split('/')[0] : undefined;
        if (address !== undefined && ipaddr.IPv4.isValidFourPartDecimal(address))
          yield { at, path: [...slots, slot, ...path], address, nic, slot };
      }
}
