import { isIP } from 'node:net';
import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';
import { nodesOf } from './site-nodes.ts';

/** Host names and names of worker pools are unique: both become names of Kubernetes objects. */
export function checkUniqueNames(site: Site): FieldFinding[] {
  return [
    ...duplicates(nodesOf(site).map(({ node, path }) => [`${path}.hostname`, node.hostname] as const)),
    ...duplicates(site.workers.map((pool, i) => [`workers[${String(i)}].name`, pool.name] as const)),
    ...site.workers.flatMap((pool, i) => longName(`workers[${String(i)}].name`, pool.name)),
  ];
}

/** Names of templates and labels end at 63 (dcs.md §8.10); `global-` and `-template` are put around the name of a pool. */
const longestPoolName = 63 - 'global--template'.length;

function longName(path: string, name: string): FieldFinding[] {
  if (name.length <= longestPoolName) return [];
  return [
    {
      code: 'SITE_VALUE',
      severity: 'error',
      path,
      message: 'the names of the objects of this pool would be longer than 63 characters',
      expected: `at most ${String(longestPoolName)} characters`,
      found: `${String(name.length)} characters`,
    },
  ];
}

function duplicates(named: readonly (readonly [path: string, name: string])[]): FieldFinding[] {
  const first = new Map<string, string>();
  const findings: FieldFinding[] = [];
  for (const [path, name] of named) {
    const before = first.get(name);
    if (before === undefined) first.set(name, path);
    else
      findings.push({
        code: 'SITE_DUPLICATE_NAME',
        severity: 'error',
        path,
        message: `${path} is ${name}, as is ${before}`,
        expected: 'a name of its own',
        found: name,
      });
  }
  return findings;
}

/** etcd needs an odd number of members; the guide supports 3 (runbook §6). Every replica needs a slot. */
export function checkReplicas(site: Site): FieldFinding[] {
  const { replicas, nodes } = site.controlPlane;
  const findings: FieldFinding[] = [];
  if (replicas !== 3)
    findings.push({
      code: 'SITE_REPLICAS',
      severity: replicas % 2 === 0 ? 'error' : 'warning',
      path: 'controlPlane.replicas',
      message:
        replicas % 2 === 0
          ? `etcd cannot use an even number of members: ${String(replicas)} survive no more failures than ${String(replicas - 1)}`
          : replicas === 1
            ? 'a single control plane node can be created but never upgraded without a break'
            : 'the guide describes 3 control plane nodes',
      expected: '3',
      found: String(replicas),
    });
  const slots = [
    { path: 'controlPlane', replicas, count: nodes.length },
    ...site.workers.map((pool, i) => ({
      path: `workers[${String(i)}]`,
      replicas: pool.replicas,
      count: pool.nodes.length,
    })),
  ];
  for (const slot of slots)
    if (slot.count < slot.replicas)
      findings.push({
        code: 'SITE_NODES_TOO_FEW',
        severity: 'error',
        path: `${slot.path}.nodes`,
        message: `${slot.path} has ${String(slot.count)} node entries for ${String(slot.replicas)} replicas; the pool would be exhausted`,
        expected: `at least ${String(slot.replicas)} entries`,
        found: `${String(slot.count)} entries`,
      });
  return findings;
}

/** The disaster recovery block agrees with the rest (disaster-recovery §1 and §3). */
export function checkDisasterRecovery(site: Site): FieldFinding[] {
  const { dr, network, platform } = site;
  if (dr === undefined) return [];
  const findings: FieldFinding[] = [];
  const own = dr.role === 'primary' ? dr.primaryVIP : dr.standbyVIP;
  if (own !== network.controlPlaneVIP)
    findings.push({
      code: 'SITE_DR',
      severity: 'error',
      path: `dr.${dr.role}VIP`,
      message: `this is the ${dr.role} side, so dr.${dr.role}VIP is its own VIP`,
      expected: network.controlPlaneVIP,
      found: own,
    });
  if (dr.primaryVIP === dr.standbyVIP)
    findings.push({
      code: 'SITE_DR',
      severity: 'error',
      path: 'dr.standbyVIP',
      message: 'both sides have the same VIP',
      expected: 'two VIPs',
      found: dr.standbyVIP,
    });
  if (platform.host === dr.primaryVIP || platform.host === dr.standbyVIP)
    findings.push({
      code: 'SITE_DR',
      severity: 'error',
      path: 'platform.host',
      message: 'the platform address is the VIP of one side, so it could not be switched to the other',
      expected: 'a domain that points at the VIP of the primary side',
      found: platform.host,
    });
  else if (isIP(platform.host) !== 0)
    findings.push({
      code: 'SITE_DR',
      severity: 'error',
      path: 'platform.host',
      message: 'the platform address is an IP address, so it cannot be led from one side to the other',
      expected: 'a domain that points at the VIP of the primary side',
      found: platform.host,
      hint: 'Give the platform a domain: a switch leads it to the VIP of the other side.',
    });
  if (platform.registryDomain.replace(/:\d+$/, '') !== platform.host)
    findings.push({
      code: 'SITE_DR',
      severity: 'warning',
      path: 'platform.registryDomain',
      otherPath: 'platform.host',
      message:
        'the registry has another name than the platform, so a switch must lead that name to the other side, too',
      expected: `${platform.host}:11443`,
      found: platform.registryDomain,
      hint: 'Leave platform.registryDomain out, or switch both names.',
    });
  if (platform.console.certificate === 'selfSigned')
    findings.push({
      code: 'SITE_DR',
      severity: 'warning',
      path: 'platform.console.certificate',
      message:
        'each side would sign a console certificate of its own, and browsers would refuse the console after a switch',
      expected: 'thirdParty, with the same certificate on both sides',
      found: 'selfSigned',
      hint: 'Get a certificate for the platform domain and both VIPs, and refer to it in platform.console.certificate.thirdParty.',
    });
  return findings;
}
