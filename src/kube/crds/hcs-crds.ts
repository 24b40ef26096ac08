import type { KubeObject } from '../index.ts';
import { ageColumn, build, column, crd, type CrdDefinition, type CrdVersion } from '../schema/index.ts';
import {
  apiEndpoint,
  CAPI_CATEGORY,
  CLUSTER_NAME_LABEL,
  conditions,
  localReference,
  objectReference,
  providerLabels,
} from './fragments.ts';

/**
 * The provider of Huawei Cloud Stack. Field names and limits: reference of the provider, confirmed by its CRDs; `liseners` and
 * `subenetName` are spelled so there.
 */
const { bool, dateTime, int32, integer, list, mapList, object, oneOf, text } = build;

const subnetIps = list(object({ ips: list(text()), subnetName: text() }));

const loadBalancer = object({
  elbVirsubnetL4Ips: subnetIps,
  elbVirsubnetL7Ips: subnetIps,
  id: text(),
  liseners: list(object({ id: text(), protocolPort: int32() })),
  name: text(),
  pools: list(object({ healthMonitorID: text(), id: text(), protocolPort: int32() })),
  publicIpOption: object({ 'ipVersion!': text({ default: '4' }), 'networkType!': text() }),
  selector: text(),
  vipAddress: text(),
  vipDomainName: text(),
  vipSubnetId: text(),
  vipSubnetName: text(),
  vpcId: text(),
  vpcName: text(),
});

const network = object({
  securityGroup: object({ id: text(), name: text() }),
  subnets: list(
    object({
      cidr: text(),
      dhcp: bool(),
      gatewayIp: text(),
      id: text(),
      managed: bool(),
      name: text(),
      neutronSubnetId: text(),
      primaryDNS: text(),
      secondaryDNS: text(),
    }),
  ),
  vpc: object({
    cidr: text(),
    externalGatewayInfo: object({ networkId: text(), networkName: text() }),
    id: text(),
    managed: bool(),
    name: text(),
  }),
});

const clusterSpec = object({
  controlPlaneEndpoint: apiEndpoint(),
  controlPlaneHA: object({ 'enabled!': bool(), 'policy!': oneOf('anti-affinity', 'soft-anti-affinity') }),
  controlPlaneLoadBalancer: loadBalancer,
  encryptionProviderConfigRef: localReference,
  'identityRef!': object({ 'name!': text({ minLength: 1 }) }),
  'network!': network,
  'networkType!': text(),
});

const clusterStatus = object({
  conditions,
  controlPlaneHA: object({
    id: text(),
    members: list(object({ machineName: text(), serverID: text() })),
    name: text(),
    policy: text(),
  }),
  ready: bool({ default: false }),
});

const volume = object({
  format: text(),
  mountPath: text(),
  'size!': integer({ minimum: 1 }),
  'type!': text({ minLength: 1 }),
});

const machineSpec = object({
  adminPassword: text(),
  availabilityZone: text(),
  configPoolRef: objectReference,
  dataVolumes: list(volume),
  flavorName: text(),
  imageName: text(),
  jobId: text(),
  keyPairName: text(),
  providerID: text(),
  rootVolume: volume,
  serverId: text(),
  serverName: text(),
});

const machineStatus = object({
  addresses: list(object({ 'address!': text(), 'type!': text() })),
  conditions,
  failureMessage: text(),
  failureReason: text(),
  instanceState: text(),
  ready: bool({ default: false }),
});

const poolSpec = object({
  configs: mapList(
    ['hostname'],
    object({
      'hostname!': text({ maxLength: 253, pattern: '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$' }),
      'networks!': list(object({ 'ipAddress!': text(), subenetName: text(), subnetId: text(), subnetName: text() }), {
        minItems: 1,
      }),
      persistentDisks: mapList(
        ['slot'],
        object({
          format: text(),
          mountOptions: list(text()),
          mountPath: text(),
          'size!': int32({ minimum: 1 }),
          'slot!': int32({ minimum: 0 }),
          'type!': text({ minLength: 1 }),
        }),
      ),
    }),
    { minItems: 1 },
  ),
});

const poolStatus = object({
  availableCount: integer(),
  persistentDiskStatus: list(
    object({
      attachedServerID: text(),
      availabilityZone: text(),
      device: text(),
      'hostname!': text(),
      lastError: text(),
      lastTransitionTime: dateTime(),
      name: text(),
      ownerMachineName: text(),
      ownerMachineUID: text(),
      phase: oneOf('Creating', 'Available', 'Attaching', 'Attached', 'Detaching', 'Deleting', 'Error'),
      'slot!': int32(),
      volumeID: text(),
    }),
  ),
  totalCount: integer(),
  usedConfigs: list(object({ 'hostname!': text(), 'machineRef!': text() })),
});

type Names = Pick<CrdDefinition, 'kind' | 'plural' | 'shortNames' | 'categories'>;

function hcs(names: Names, version: Omit<CrdVersion, 'name'>): KubeObject {
  return crd({
    group: 'infrastructure.cluster.x-k8s.io',
    ...names,
    labels: providerLabels('infrastructure-hcs'),
    versions: [{ name: 'v1beta1', isSpecRequired: true, ...version }],
  });
}

export const hcsCrds: readonly KubeObject[] = [
  hcs({ kind: 'HCSCluster', plural: 'hcsclusters' }, { spec: clusterSpec, status: clusterStatus }),
  hcs(
    { kind: 'HCSMachineConfigPool', plural: 'hcsmachineconfigpools', shortNames: ['hcsmcp'] },
    {
      spec: poolSpec,
      status: poolStatus,
      columns: [
        column('Total', 'integer', '.status.totalCount'),
        column('Available', 'integer', '.status.availableCount'),
        ageColumn,
      ],
    },
  ),
  hcs(
    { kind: 'HCSMachine', plural: 'hcsmachines' },
    {
      spec: machineSpec,
      status: machineStatus,
      columns: [
        column('Cluster', 'string', CLUSTER_NAME_LABEL),
        column('State', 'string', '.status.instanceState'),
        column('Ready', 'boolean', '.status.ready'),
        column('ProviderID', 'string', '.spec.providerID', 1),
        column('Machine', 'string', '.metadata.ownerReferences[?(@.kind=="Machine")].name', 1),
        ageColumn,
      ],
    },
  ),
  hcs(
    {
      kind: 'HCSMachineTemplate',
      plural: 'hcsmachinetemplates',
      shortNames: ['hcsmt'],
      categories: CAPI_CATEGORY,
    },
    {
      spec: object({ 'template!': object({ metadata: object({}), 'spec!': machineSpec }) }),
      status: object({}),
      columns: [
        column('Flavor', 'string', '.spec.template.spec.flavorName'),
        column('Image', 'string', '.spec.template.spec.imageName'),
        ageColumn,
      ],
    },
  ),
];
