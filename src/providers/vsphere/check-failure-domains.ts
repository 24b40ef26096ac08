import type { FieldFinding, Site } from '../../site/index.ts';
import { vsphereSiteOf } from './site.ts';

interface Node {
  readonly datacenter?: string | undefined;
  readonly additionalNics?: readonly { readonly networkName: string }[] | undefined;
}

/**
 * Failure domains fit the rest of the site (vsphere.md §4 and §8): workers name one that is there and whose datacenter has
 * slots for them, and each lists the networks of the NICs in their order.
 */
export function checkFailureDomains(anySite: Site): FieldFinding[] {
  const site = vsphereSiteOf(anySite);
  const domains = site.vsphere.failureDomains ?? [];
  const datacenterOf = (node: Node): string => node.datacenter ?? site.vsphere.datacenter;
  const findings: FieldFinding[] = [];
  for (const [index, { nodes, machine }] of site.workers.entries()) {
    const name = machine.failureDomain;
    if (name === undefined) continue;
    const path = `workers[${String(index)}].machine.failureDomain`;
    const domain = domains.find((candidate) => candidate.name === name);
    if (!domain)
      findings.push({
        code: 'SITE_REFERENCE',
        severity: 'error',
        path,
        message: `there is no failure domain ${name} in vsphere.failureDomains`,
        expected: domains.map((candidate) => candidate.name).join(' or ') || 'no failureDomain',
        found: name,
      });
    else if (!nodes.some((node) => datacenterOf(node) === domain.datacenter))
      findings.push({
        code: 'SITE_REFERENCE',
        severity: 'error',
        path,
        message: `failure domain ${name} is in datacenter ${domain.datacenter}, where this pool has no node`,
        expected: `a node with datacenter ${domain.datacenter}`,
        found: [...new Set(nodes.map(datacenterOf))].join(', '),
      });
  }
  const pools = [site.controlPlane.nodes, ...site.workers.map((pool) => pool.nodes)];
  for (const [index, { datacenter, networks }] of domains.entries()) {
    const node = pools.flat().find((candidate: Node) => datacenterOf(candidate) === datacenter);
    if (!node) continue;
    const expected = [site.vsphere.networkName, ...(node.additionalNics ?? []).map((nic) => nic.networkName)].join(
      ', ',
    );
    const found = networks.join(', ');
    if (found !== expected)
      findings.push({
        code: 'SITE_NICS',
        severity: 'error',
        path: `vsphere.failureDomains[${String(index)}].networks`,
        message: 'the networks of a failure domain are those of the NICs, in their order',
        expected,
        found,
      });
  }
  return findings;
}
