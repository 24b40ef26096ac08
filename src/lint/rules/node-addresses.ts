import ipaddr from 'ipaddr.js';
import { listAt, type FieldPath, type ManifestView, type PlacedObject } from '../../providers/index.ts';

export interface NodeAddress {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly address: string;
}

/** Node addresses with where they stand. */
export function* nodeAddresses({ provider, ofKind }: ManifestView): Generator<NodeAddress> {
  for (const at of ofKind(provider.kinds.pool.kind))
    for (const [index, slot] of listAt(at.object, provider.shape.slots).entries()) {
      const address = provider.shape.slotAddress(slot);
      if (typeof address === 'string' && ipaddr.IPv4.isValidFourPartDecimal(address))
        yield { at, path: [...provider.shape.slots, index], address };
    }
}
