import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { splitApiVersion } from '../kube/index.ts';
import { customResourceValidator, type CustomResourceValidator, type StructuralSchema } from '../kube/schema/index.ts';
import { exampleProviders, exampleSite } from '../providers/example-sites.fixture.ts';
import { renderSite } from './index.ts';

const folder = resolve(import.meta.dirname, '../../../shared/crds');
const present = existsSync(folder);
if (!present)
  process.stderr.write('skipped: rendered objects against the vendor CRDs (folder ../shared/crds is missing)\n');

interface VendorCrd {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: StructuralSchema } }[];
  };
}

/** Validators by `group/version/kind`, built when a kind is first met. */
function vendorValidators(): (apiVersion: string, kind: string) => Promise<CustomResourceValidator> | undefined {
  const crds = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as VendorCrd);
  const built = new Map<string, Promise<CustomResourceValidator>>();
  return (apiVersion, kind) => {
    const { group, version } = splitApiVersion(apiVersion);
    const key = `${apiVersion}/${kind}`;
    const existing = built.get(key);
    if (existing) return existing;
    const crd = crds.find(({ spec }) => spec.group === group && spec.names.kind === kind);
    const schema = crd?.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
    if (!schema) return undefined;
    const validator = customResourceValidator(schema);
    built.set(key, validator);
    return validator;
  };
}

/** What the vendor's schemas say against the objects of a manifest. */
async function faults(loaded: Parameters<typeof renderSite>[0]): Promise<string[]> {
  const validatorOf = vendorValidators();
  const found: string[] = [];
  let checked = 0;
  for (const object of (await renderSite(loaded)).manifest) {
    const pending = validatorOf(object.apiVersion, object.kind);
    if (!pending) continue;
    const validator = await pending;
    checked++;
    const name = `${object.kind} ${String(object.metadata.name)}`;
    found.push(...validator.unknownFields(object).map((path) => `${name}: unknown field ${path}`));
    found.push(...validator.validate(object).map(({ field, message }) => `${name}: ${field}: ${message}`));
  }
  // Secrets and ConfigMaps have no CRD; everything else must have been looked at.
  expect(checked).toBeGreaterThanOrEqual(9);
  return found;
}

describe.skipIf(!present)("the vendor's schemas", () => {
  it.each(exampleProviders)('accept every object of the %s example', async (provider) => {
    expect(await faults(exampleSite(provider))).toEqual([]);
  });

  it.each(exampleProviders)('accept the %s example with disaster recovery', async (provider) => {
    const primaryVIP = exampleSite(provider).site.network.controlPlaneVIP;
    const encryptionKey = 'file:../vsphere/secrets/encryption-key';
    const dr = { role: 'standby', primaryVIP: '10.99.0.10', standbyVIP: primaryVIP, encryptionKey };
    expect(await faults(exampleSite(provider, { dr }))).toEqual([]);
  });

  it('accept further NICs, failure domains and every optional field of vSphere', async () => {
    const nic = { networkName: 'storage', ip: '10.77.0.11', prefix: 24 };
    const { controlPlane, workers } = JSON.parse(JSON.stringify(exampleSite('vsphere').site)) as {
      controlPlane: { nodes: object[] };
      workers: object[];
    };
    const failureDomain = {
      name: 'global-dc1',
      region: 'region-1',
      zone: 'zone-1',
      datacenter: 'dc1',
      computeCluster: 'cluster-1',
      datastore: 'datastore-1',
      networks: ['vm-network', 'storage'],
    };
    const nodes = controlPlane.nodes.map((node) => ({ ...node, additionalNics: [nic] }));
    const changes = { controlPlane: { nodes }, workers, vsphere: { failureDomains: [failureDomain] } };
    expect(await faults(exampleSite('vsphere', changes))).toEqual([]);
  });

  it('accept further NICs, raw disks and a single control plane node of DCS and HCS', async () => {
    const dcsNode = {
      hostname: 'one',
      ip: '10.10.20.11',
      additionalNics: [{ ip: '10.77.0.11', mask: '255.255.255.0', dvSwitchName: 'dvs-2', portGroupName: 'pg-2' }],
      persistentDisks: [{ slot: 0, quantityGB: 40, datastoreName: 'raw' }],
    };
    const dcs = exampleSite('dcs', { controlPlane: { replicas: 1, nodes: [dcsNode] } });
    expect(await faults(dcs)).toEqual([]);
    const subnet = exampleSite('hcs').site as unknown as { hcs: { network: { subnets: string[] } } };
    const hcsNode = {
      hostname: 'one',
      ip: exampleSite('hcs').site.controlPlane.nodes[0]?.ip,
      additionalNics: [{ subnetName: subnet.hcs.network.subnets[0], ip: '10.50.60.99' }],
    };
    const hcs = exampleSite('hcs', { controlPlane: { replicas: 1, nodes: [hcsNode] } });
    expect(await faults(hcs)).toEqual([]);
  });

  it('refuse the word cloud-init, which is why it is never written', async () => {
    const validator = await vendorValidators()('controlplane.cluster.x-k8s.io/v1beta1', 'KubeadmControlPlane');
    const { manifest } = await renderSite(exampleSite('hcs'));
    const text = JSON.stringify(manifest.find(({ kind }) => kind === 'KubeadmControlPlane'));
    const wrong: unknown = JSON.parse(text.replace('"cloud-config"', '"cloud-init"'));
    expect(validator?.validate(wrong).map(({ field }) => field)).toEqual(['spec.kubeadmConfigSpec.format']);
  });
});
