import { fieldAt } from '../../kube/index.ts';
import { CLUSTER_NAME, shown, type ManifestRule } from '../../providers/index.ts';
import { nodeAddresses } from './node-addresses.ts';

export const virtualAddress: ManifestRule = {
  code: 'MANIFEST_VIP',
  severity: 'error',
  what: 'The control plane VIP is no node address.',
  why: 'The VIP moves between nodes; the node that owns the address would keep it.',
  guide: 'Step 1',
  siteChecksIt: true,
  *check(view) {
    const { provider, find } = view;
    const vip = fieldAt(find(provider.kinds.cluster.kind, CLUSTER_NAME)?.object, ...provider.shape.endpoint);
    if (typeof vip !== 'string') return;
    for (const { at, path, address } of nodeAddresses(view))
      if (address === vip)
        yield {
          at,
          path,
          message: `${shown(vip)} is the control plane VIP and the address of a node`,
          expected: 'another address',
          found: address,
        };
  },
};
