import { describe, expect, it } from 'vitest';
import {
  validateControlPlane,
  validateMachineDeployment,
  type KubeadmControlPlane,
  type MachineDeployment,
} from '../capi/index.ts';
import { validatePool as validateDcsPool } from './dcs/index.ts';
import { configProblem, networkProblem, validatePool as validateHcsPool } from './hcs/index.ts';
import {
  chooseSlot,
  parseCloudConfig,
  TEMPLATE_IMMUTABLE,
  validateTemplate,
  type SlotRequest,
} from './vsphere/index.ts';

const meta = { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'global-pool', namespace: 'cpaas-system' } };

describe('The control plane webhook', () => {
  const kcp = (spec: Partial<KubeadmControlPlane['spec']>): KubeadmControlPlane => ({
    ...meta,
    spec: {
      replicas: 3,
      version: 'v1.33.7-2',
      machineTemplate: { infrastructureRef: { apiVersion: 'x/v1', kind: 'T', name: 't' } },
      kubeadmConfigSpec: {},
      ...spec,
    },
  });
  const fields = (o: KubeadmControlPlane): string[] => validateControlPlane(o).map((c) => `${c.field}: ${c.message}`);

  it('accepts what the guide asks for', () => {
    expect(fields(kcp({ rolloutStrategy: { rollingUpdate: { maxSurge: 0 } } }))).toEqual([]);
  });

  it('refuses an even number of replicas with stacked etcd', () => {
    expect(fields(kcp({ replicas: 2 }))).toEqual([
      'spec.replicas: Forbidden: cannot be an even number when etcd is stacked',
    ]);
  });

  it('refuses one replica with maxSurge 0', () => {
    expect(fields(kcp({ replicas: 1, rolloutStrategy: { rollingUpdate: { maxSurge: 0 } } })).join()).toContain(
      'replica count needs to be at least 3',
    );
  });

  it('refuses a version without its v', () => {
    expect(fields(kcp({ version: '1.33.7' })).join()).toContain('must be a valid semantic version');
  });
});

describe('The machine deployment webhook', () => {
  it('refuses a selector that the template does not match', () => {
    const deployment = {
      ...meta,
      spec: {
        clusterName: 'global',
        selector: { matchLabels: { nodepool: 'a' } },
        template: { metadata: { labels: { nodepool: 'b' } } },
      },
    } as unknown as MachineDeployment;
    expect(validateMachineDeployment(deployment).map((c) => c.field)).toEqual(['spec.template.metadata.labels']);
  });
});

describe('The DCS pool webhook', () => {
  const pool = (...slots: number[]) => ({
    ...meta,
    spec: {
      pool: [{ ip: '10.0.0.1', persistentDisk: slots.map((slot) => ({ slot, quantityGB: 40, format: 'xfs' })) }],
    },
  });

  it('lets disks be added and refuses to let one go', () => {
    expect(validateDcsPool(pool(0, 1), pool(0))).toEqual([]);
    expect(validateDcsPool(pool(0), pool(0, 1)).map((c) => c.message)).toEqual([
      'Forbidden: persistent disk (10.0.0.1, 1) may not be removed',
    ]);
  });

  it('refuses the same slot twice', () => {
    expect(validateDcsPool(pool(0, 0)).map((c) => c.reason)).toEqual(['FieldValueDuplicate']);
  });
});

describe('The HCS provider', () => {
  const network = { vpc: { name: 'vpc' }, securityGroup: { name: 'sg' }, subnets: [{ name: 'subnet' }] };
  const balancer = {
    vipAddress: '10.0.0.10',
    vipSubnetName: 'subnet',
    elbVirsubnetL4Ips: [{ subnetName: 'subnet', ips: ['10.0.0.2', '10.0.0.3'] }],
    elbVirsubnetL7Ips: [{ subnetName: 'subnet', ips: ['10.0.0.4', '10.0.0.5'] }],
  };

  it('wants every subnet listed and two addresses of each kind', () => {
    expect(networkProblem({ ...meta, spec: { network, controlPlaneLoadBalancer: balancer } })).toBeUndefined();
    const one = { ...balancer, elbVirsubnetL4Ips: [{ subnetName: 'subnet', ips: ['10.0.0.2'] }] };
    expect(networkProblem({ ...meta, spec: { network, controlPlaneLoadBalancer: one } })).toContain('exactly two IPs');
    const other = { ...balancer, vipSubnetName: 'elsewhere' };
    expect(networkProblem({ ...meta, spec: { network, controlPlaneLoadBalancer: other } })).toContain(
      '"elsewhere" is not listed',
    );
  });

  it('refuses a host name in capitals, and a path both in the pool and in the template', () => {
    const cluster = { ...meta, spec: { network } };
    const config = { hostname: 'cp-1', networks: [{ subnetName: 'subnet', ipAddress: '10.0.0.11' }] };
    expect(configProblem(config, meta, cluster)).toBeUndefined();
    expect(configProblem({ ...config, hostname: 'CP-1' }, meta, cluster)).toContain('invalid hostname');
    const disk = { slot: 0, size: 100, type: 'SSD', mountPath: '/var/cpaas' };
    const machine = { ...meta, spec: { dataVolumes: [{ size: 10, type: 'SSD', mountPath: '/var/cpaas' }] } };
    expect(configProblem({ ...config, persistentDisks: [disk] }, machine, cluster)).toContain('mount-path conflict');
  });

  it('wants slots without gaps, and sizes that the platform has', () => {
    const pool = (...disks: { slot: number; size: number }[]) => ({
      ...meta,
      spec: {
        configs: [{ hostname: 'cp-1', networks: [], persistentDisks: disks.map((d) => ({ ...d, type: 'SSD' })) }],
      },
    });
    expect(validateHcsPool(pool({ slot: 0, size: 10 }, { slot: 1, size: 100 }))).toEqual([]);
    expect(validateHcsPool(pool({ slot: 1, size: 100 }))[0]?.message).toContain('contiguous from 0');
    expect(validateHcsPool(pool({ slot: 0, size: 9 }))[0]?.message).toContain('between 10 and 32768');
  });
});

describe('The vSphere provider', () => {
  const request: SlotRequest = {
    namespace: 'cpaas-system',
    pool: 'global-pool',
    clusterName: 'global',
    consumer: { apiVersion: 'x/v1', kind: 'KubeadmControlPlane', name: 'global-kcp' },
    machine: { apiVersion: 'x/v1', kind: 'VSphereMachine', name: 'm-1' },
  };
  const spec = {
    clusterRef: { apiVersion: 'x/v1', kind: 'Cluster', name: 'global' },
    datacenter: 'dc-1',
    configs: [{ hostname: 'cp-1' }, { hostname: 'cp-2', datacenter: 'dc-2' }],
  };
  const reason = (pool: Parameters<typeof chooseSlot>[0], asked = request): unknown => chooseSlot(pool, asked);

  it('gives a machine its own slot again, else the first that nobody has', () => {
    expect(reason({ ...meta, spec })).toMatchObject({ hostname: 'cp-1' });
    const status = { configStatuses: [{ hostname: 'cp-1', state: 'Released' as const }] };
    expect(reason({ ...meta, spec, status })).toMatchObject({ hostname: 'cp-2' });
    const own = { configStatuses: [{ hostname: 'cp-2', state: 'InUse' as const, machineRef: request.machine }] };
    expect(reason({ ...meta, spec, status: own })).toMatchObject({ hostname: 'cp-2' });
  });

  it('says PoolBoundToOtherConsumer when another already uses the pool', () => {
    const consumerRef = { apiVersion: 'x/v1', kind: 'MachineDeployment', name: 'global-md-0' };
    expect(reason({ ...meta, spec, status: { consumerRef } })).toMatchObject({ reason: 'PoolBoundToOtherConsumer' });
  });

  it('says NoAvailableSlots when none is left for the datacenter', () => {
    const status = { configStatuses: [{ hostname: 'cp-2', state: 'InUse' as const }] };
    expect(reason({ ...meta, spec, status }, { ...request, datacenter: 'dc-2' })).toMatchObject({
      reason: 'NoAvailableSlots',
    });
  });

  it('refuses an edited template with the exact words of its webhook', () => {
    const template = (numCPUs: number) => ({ ...meta, spec: { template: { spec: { numCPUs } } } });
    expect(validateTemplate(template(4), template(4))).toEqual([]);
    expect(validateTemplate(template(8), template(4))[0]?.message).toBe(`Forbidden: ${TEMPLATE_IMMUTABLE}`);
    expect(TEMPLATE_IMMUTABLE).toBe(
      'VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead.',
    );
  });

  it('reads the cloud provider configuration of the guide', () => {
    const text =
      '[Global]\nsecret-name = "s"\nsecret-namespace = "kube-system"\ndatacenters = "dc-1, dc-2"\n\n[VirtualCenter "vc"]\n';
    expect(parseCloudConfig(text)).toEqual({
      server: 'vc',
      secretName: 's',
      secretNamespace: 'kube-system',
      datacenters: ['dc-1', 'dc-2'],
    });
    expect(parseCloudConfig('[Global]\n')).toBeUndefined();
  });
});
