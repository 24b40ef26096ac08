import { describe, expect, it } from 'vitest';
import {
  conditionOf,
  fieldAt,
  isKubeReason,
  PLATFORM_NAMESPACE as namespace,
  resources,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { KubeadmControlPlane } from '../capi/index.ts';
import type { DcsIpHostnamePool } from './dcs/objects.ts';
import { rehearseSite, type RehearsedSite } from '../../../test/rigs/infrastructure/rehearsed-site.ts';

const LIMIT_MS = 120_000;

function objectOf<T extends KubeObject>(site: RehearsedSite, kind: string, name?: string): T {
  const found = site.manifest.find((o) => o.kind === kind && (name === undefined || o.metadata.name === name));
  if (!found) throw new Error(`no ${kind} in the manifest`);
  return found as T;
}

/** Waits until some object of a kind has a condition with this reason, and returns its message. */
function reasonOn(site: RehearsedSite, resource: Resource, type: string, reason: string): Promise<string> {
  return site.until(
    resource,
    (objects) => objects.flatMap((o) => conditionOf(o, type) ?? []).find((c) => c.reason === reason)?.message,
  );
}

describe('A mistake on DCS', () => {
  it('in the bootstrap format is refused with the words of the provider', async () => {
    await using site = await rehearseSite('dcs');
    objectOf<KubeadmControlPlane>(site, 'KubeadmControlPlane').spec.kubeadmConfigSpec.format = 'cloud-config';
    await site.applyManifest();
    const message = await reasonOn(site, resources.dcsMachines, 'VMReady', 'InvalidBootstrapFormat');
    expect(message).toBe('invalid format, expected ignition, got cloud-config');
    expect(site.dataCentre.iaas.all()).toEqual([]);
  }, 60_000);

  it(
    'in credentials, on the platform and in the size of a pool stops the install until it is put right',
    async () => {
      await using site = await rehearseSite('dcs');
      const { iaas } = site.dataCentre;
      const secret = site.manifest.find((o) => o.kind === 'Secret') as KubeObject & {
        stringData: Record<string, string>;
      };
      const { authKey = '' } = secret.stringData;
      delete secret.stringData['authKey'];
      const pool = objectOf<DcsIpHostnamePool>(site, 'DCSIpHostnamePool');
      const entries = pool.spec?.pool ?? [];
      pool.spec = { pool: entries.slice(0, 1) };
      iaas.faults.inject({ name: 'create-vm', times: 1, message: 'clone task failed: no host' });
      await site.applyManifest();

      const missing = await reasonOn(site, resources.dcsClusters, 'ClusterReady', 'CredentialsInvalid');
      expect(missing).toContain('has no value for authKey');
      await site.client.patch(resources.secrets, secret.metadata as { name: string }, {
        type: 'merge',
        body: { stringData: { authKey } },
      });

      const failed = await site.until(resources.events, (events) => events.find((e) => e['reason'] === 'CreateFailed'));
      expect(failed['message']).toBe('clone task failed: no host');

      const full = await reasonOn(site, resources.dcsMachines, 'VMReady', 'NoAvailableIP');
      expect(full).toContain('all 1 entries are in use');
      expect(iaas.all().filter((vm) => vm.name.includes('cp'))).toHaveLength(1);
      const ref = { name: pool.metadata.name ?? '', namespace };
      await site.client.patch(resources.dcsIpHostnamePools, ref, { type: 'merge', body: { spec: { pool: entries } } });
      await site.until(
        resources.kubeadmControlPlanes,
        ([kcp]) => (fieldAt(kcp, 'status', 'readyReplicas') === 3 ? true : undefined),
        LIMIT_MS,
      );

      const withoutDisk = entries.map(({ persistentDisk: _, ...entry }) => entry);
      const refusal = site.client.patch(resources.dcsIpHostnamePools, ref, {
        type: 'merge',
        body: { spec: { pool: withoutDisk } },
      });
      await expect(refusal).rejects.toSatisfy(
        (error) =>
          isKubeReason(error, 'Invalid') &&
          error.message.includes('denied the request') &&
          error.message.includes('may not be removed'),
      );
    },
    LIMIT_MS,
  );
});

describe('A mistake on HCS', () => {
  it('in the name of the infra cluster leaves the balancer without registry, etcd and web listeners, and says nothing', async () => {
    await using site = await rehearseSite('hcs');
    objectOf(site, 'HCSCluster').metadata.name = 'site-a';
    const cluster = objectOf(site, 'Cluster');
    (cluster['spec'] as { infrastructureRef: { name: string } }).infrastructureRef.name = 'site-a';
    await site.applyManifest();
    await site.until(resources.hcsClusters, ([hcs]) => (fieldAt(hcs, 'status', 'ready') === true ? true : undefined));
    const balancer = fieldAt(objectOf(site, 'HCSCluster'), 'spec', 'controlPlaneLoadBalancer', 'vipAddress') as string;
    const addresses = site.dataCentre.network.addresses().filter((a) => a.startsWith(`${balancer}:`));
    expect(addresses).toEqual([`${balancer}:6443`]);
  }, 60_000);

  it('in the bootstrap format is refused with the words of the provider', async () => {
    await using site = await rehearseSite('hcs');
    objectOf<KubeadmControlPlane>(site, 'KubeadmControlPlane').spec.kubeadmConfigSpec.format = 'ignition';
    await site.applyManifest();
    expect(await reasonOn(site, resources.hcsMachines, 'MachineReady', 'InvalidBootstrapFormat')).toBe(
      'ignition format is not supported',
    );
  }, 60_000);
});

describe('A mistake on vSphere', () => {
  it('such as editing a machine template in place is denied by its webhook', async () => {
    await using site = await rehearseSite('vsphere');
    const template = objectOf(site, 'VSphereMachineTemplate');
    await site.client.create(resources.vsphereMachineTemplates, template);
    const edit = site.client.patch(
      resources.vsphereMachineTemplates,
      { name: template.metadata.name ?? '', namespace },
      { type: 'merge', body: { spec: { template: { spec: { numCPUs: 64 } } } } },
    );
    await expect(edit).rejects.toThrow(
      'VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead.',
    );
  }, 60_000);
});
