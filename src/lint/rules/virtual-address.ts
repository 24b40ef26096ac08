import { fieldAt } from '../../kube/index.ts';
import { slip, listAt, sameForm, shown, type ManifestRule, type ManifestView } from '../../providers/index.ts';
import { nodeAddresses } from './node-addresses.ts';

/** VIPs that no node may have, with what each is. */
function virtualAddresses({ provider, ofKind, site }: ManifestView): Map<string, string> {
  const vips = new Map<string, string>();
  if (site?.dr) {
    vips.set(site.dr.primaryVIP, 'the VIP of the primary side');
    vips.set(site.dr.standbyVIP, 'the VIP of the standby side');
  }
  const own = fieldAt(ofKind(provider.kinds.cluster.kind)[0]?.object, ...provider.shape.endpoint);
  if (typeof own === 'string') vips.set(sameForm(own), 'the control plane VIP');
  return vips;
}

export const virtualAddress: ManifestRule = {
  code: 'MANIFEST_VIP',
  severity: 'error',
  what: 'The control plane VIP is neither a node address nor a gateway, nor is that of the other side of a pair.',
  why: 'Seen when that node starts: it answers for the VIP itself, and every other node joins a control plane that is one machine.',
  guide: 'Step 1',
  siteChecksIt: true,
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-cp-pool
spec:
  pool:
    - ip: 10.10.20.11
    - ip: 10.10.20.12
    - ip: 10.10.20.13
`,
    '- ip: 10.10.20.11',
    '- ip: 10.10.20.10 # the VIP',
  ),
  *check(view) {
    const vips = virtualAddresses(view);
    // The one control plane node of a development cluster is its own endpoint (dcs.md §4).
    const alone = view.sources.find(({ role, replicas }) => role === 'controlPlane' && replicas === 1)?.pool;
    for (const { at, path, address, parsed } of nodeAddresses(view)) {
      if (at === alone) continue;
      const what = vips.get(parsed.toNormalizedString());
      if (what !== undefined)
        yield {
          at,
          path,
          message: `${address} is ${what} and the address of a node`,
          expected: 'another address',
          found: address,
        };
    }
    const { slots, slotGateway } = view.provider.shape;
    if (!slotGateway) return;
    for (const at of view.ofKind(view.provider.kinds.pool.kind))
      for (const [index, slot] of listAt(at.object, slots).entries()) {
        const gateway = fieldAt(slot, ...slotGateway);
        const what = typeof gateway === 'string' ? vips.get(sameForm(gateway)) : undefined;
        if (what !== undefined)
          yield {
            at,
            path: [...slots, index, ...slotGateway],
            message: `${shown(gateway)} is ${what} and the gateway of a node`,
            expected: 'the address of the router',
            found: shown(gateway),
          };
      }
  },
};
