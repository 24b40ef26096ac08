import { lt, valid } from 'semver';
import { siteOf, type FieldFinding, type Site } from '../../site/index.ts';
import { checkFurtherNics, takenAddresses } from '../shared/further-nics.ts';
import { checkImage, checkVersionGates, kubeOvnGate } from '../shared/version-gates.ts';
import { dcsSite } from './site.ts';

interface DatastoreChoice {
  readonly datastoreName?: string | undefined;
  readonly datastoreClusterName?: string | undefined;
}

const chosen = (choice: DatastoreChoice): number =>
  Number(choice.datastoreName !== undefined) + Number(choice.datastoreClusterName !== undefined);

/** Faults of a DCS site: storage of every disk, the image, what the provider version can do (dcs.md §1, §8). */
export function checkDcsSite(anySite: Site): FieldFinding[] {
  const site = siteOf(anySite, dcsSite);
  const { dcs } = site;
  const groups = [
    { path: 'controlPlane', group: site.controlPlane },
    ...site.workers.map((group, index) => ({ path: `workers[${String(index)}]`, group })),
  ];
  const persistent = groups.some(
    ({ group }) =>
      group.machine.persistentDisks.length > 0 || group.nodes.some((node) => (node.persistentDisks ?? []).length > 0),
  );
  const nics = groups.some(({ group }) => group.nodes.some((node) => (node.additionalNics ?? []).length > 0));
  const nodeGroups = groups.map(({ path, group }) => ({ path, nodes: group.nodes }));
  return [
    ...groups.flatMap(({ path, group }) => checkDatastores(path, group)),
    ...checkFurtherNics(nodeGroups, takenAddresses(site, nodeGroups)),
    ...checkMachineNames(nodeGroups),
    ...checkImage(dcs.vmTemplate, site, 'dcs.vmTemplate'),
    ...checkVersionGates(site, [
      { needs: 'v1.0.16', feature: 'a persistent disk in the pool', used: persistent },
      { needs: 'v1.0.9', feature: 'a further NIC', used: nics },
      { needs: 'v1.0.18', feature: 'dcs.credentials.userType', used: dcs.credentials.userType !== undefined },
      { needs: 'v1.0.21', feature: `the image of ${site.versions.platform}`, used: isNewImage(site) },
      kubeOvnGate(site, 'v1.0.22'),
    ]),
    ...checkOldImage(site),
  ];
}

/** Newer documentation: from v1.0.21 on the provider and images before v4.3.2 must not meet (dcs.md §1). */
function checkOldImage(site: Site): FieldFinding[] {
  const { infrastructureProvider: version, platform } = site.versions;
  if (valid(version) === null || lt(version, 'v1.0.21') || valid(platform) === null || isNewImage(site)) return [];
  return [
    {
      code: 'SITE_PROVIDER_VERSION',
      severity: 'warning',
      path: 'versions.infrastructureProvider',
      message: `images of ${platform} and provider ${version} do not fit together`,
      expected: 'a provider before v1.0.21, or images from v4.3.2 on',
      found: version,
    },
  ];
}

function isNewImage(site: Site): boolean {
  return valid(site.versions.platform) !== null && !lt(site.versions.platform, 'v4.3.2');
}

interface Group {
  readonly machine: DatastoreChoice & {
    readonly disks: readonly DatastoreChoice[];
    readonly persistentDisks: readonly DatastoreChoice[];
  };
  readonly nodes: readonly { readonly persistentDisks?: readonly DatastoreChoice[] | undefined }[];
}

function checkDatastores(path: string, { machine, nodes }: Group): FieldFinding[] {
  const machineChoice = chosen(machine);
  const disks = [
    ...machine.disks.map((disk, index) => ({ disk, path: `${path}.machine.disks[${String(index)}]` })),
    ...machine.persistentDisks.map((disk, index) => ({
      disk,
      path: `${path}.machine.persistentDisks[${String(index)}]`,
    })),
    ...nodes.flatMap((node, at) =>
      (node.persistentDisks ?? []).map((disk, index) => ({
        disk,
        path: `${path}.nodes[${String(at)}].persistentDisks[${String(index)}]`,
      })),
    ),
  ];
  const finding = (at: string, found: number): FieldFinding => ({
    code: 'SITE_DATASTORE',
    severity: 'error',
    path: at,
    message: found === 0 ? 'no datastore is named for the disks' : 'both a datastore and a datastore cluster are named',
    expected: 'exactly one of datastoreName and datastoreClusterName',
    found: found === 0 ? 'neither' : 'both',
  });
  return [
    // The system disk has no entry of its own, so the machine itself must choose.
    ...(machineChoice === 1 ? [] : [finding(`${path}.machine`, machineChoice)]),
    ...disks.flatMap(({ disk, path: at }) => (chosen(disk) > 1 ? [finding(at, 2)] : [])),
  ];
}

interface NamedNodes {
  readonly path: string;
  readonly nodes: readonly { readonly hostname: string; readonly machineName?: string | undefined }[];
}

/** VMs are found by name in DCS, and a node without a name of its own takes its host name. */
function checkMachineNames(groups: readonly NamedNodes[]): FieldFinding[] {
  const named = groups.flatMap(({ path, nodes }) =>
    nodes.map((node, index) => ({ path: `${path}.nodes[${String(index)}]`, node })),
  );
  const owners = new Map<string, string>();
  for (const { path, node } of named) if (node.machineName === undefined) owners.set(node.hostname, `${path}.hostname`);
  const findings: FieldFinding[] = [];
  for (const { path: at, node } of named) {
    const name = node.machineName;
    if (name === undefined) continue;
    const path = `${at}.machineName`;
    const owner = owners.get(name);
    if (owner === undefined) owners.set(name, path);
    else
      findings.push({
        code: 'SITE_DUPLICATE_NAME',
        severity: 'error',
        path,
        message: `${path} is ${name}, as is ${owner}`,
        expected: 'a VM name of its own',
        found: name,
      });
  }
  return findings;
}
