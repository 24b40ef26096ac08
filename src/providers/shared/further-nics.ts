import type { FieldFinding, Site } from '../../site/index.ts';

/** The nodes of the control plane or of one worker pool, as far as their addresses go. */
export interface NodeGroup {
  /** `controlPlane` or `workers[0]`. */
  readonly path: string;
  readonly nodes: readonly {
    readonly ip: string;
    readonly additionalNics?: readonly { readonly ip?: string | undefined }[] | undefined;
  }[];
}

/** Addresses that are taken before any further NIC has one, with the field that holds each. */
export function takenAddresses(site: Site, groups: readonly NodeGroup[]): Map<string, string> {
  const taken = new Map<string, string>([
    [site.network.controlPlaneVIP, 'network.controlPlaneVIP'],
    [site.network.nodes.gateway, 'network.nodes.gateway'],
    [site.bootstrap.hostIP, 'bootstrap.hostIP'],
  ]);
  for (const { path, nodes } of groups)
    for (const [index, { ip }] of nodes.entries()) taken.set(ip, `${path}.nodes[${String(index)}].ip`);
  return taken;
}

/** A further NIC has an address of its own: nothing reserves it, and it is never the node's (dcs.md §4, hcs.md §6.1). */
export function checkFurtherNics(groups: readonly NodeGroup[], taken: Map<string, string>): FieldFinding[] {
  const findings: FieldFinding[] = [];
  for (const { path: group, nodes } of groups)
    for (const [index, { additionalNics = [] }] of nodes.entries())
      for (const [nic, { ip }] of additionalNics.entries()) {
        if (ip === undefined) continue;
        const path = `${group}.nodes[${String(index)}].additionalNics[${String(nic)}].ip`;
        const holder = taken.get(ip);
        if (holder === undefined) taken.set(ip, path);
        else
          findings.push({
            code: 'SITE_ADDRESS_CONFLICT',
            severity: 'error',
            path,
            message: `${ip} is also ${holder}`,
            expected: 'an address of its own',
            found: ip,
          });
      }
  return findings;
}
