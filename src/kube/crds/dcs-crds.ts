import type { KubeObject } from '../index.ts';
import { build, crd, type CrdVersion } from '../schema/index.ts';
import {
  apiEndpoint,
  conditions,
  failureDomains,
  localReference,
  machineAddresses,
  providerLabels,
  templateMetadata,
} from './fragments.ts';

/** The provider of Huawei DCS. Field names and limits: reference of the provider, confirmed by its CRDs. */
const { bool, dateTime, int32, int64, integer, list, object, oneOf, text } = build;

const nicFields: build.Fields = {
  dns: text(),
  dvSwitchName: text(),
  gateway: text(),
  ip: text(),
  ipv6: text(),
  mask: text(),
  portGroupName: text(),
  portGroupUrn: text(),
};
const additionalNics = list(object(nicFields));
const poolEntryFields: build.Fields = {
  ...nicFields,
  additionNic: additionalNics,
  hostname: text(),
  machineName: text(),
};

const clusterSpec = object({
  controlPlaneEndpoint: apiEndpoint(),
  controlPlaneHA: object({ enabled: bool() }),
  'controlPlaneLoadBalancer!': object({
    'host!': text(),
    interface: text({ maxLength: 15, pattern: '^[A-Za-z0-9_.:-]*$' }),
    'port!': int32({ minimum: 1, maximum: 65535 }),
    'type!': oneOf('internal', 'external'),
    vrid: int64(),
  }),
  'credentialSecretRef!': localReference,
  encryptionProviderConfigRef: localReference,
  'networkType!': text(),
  site: text(),
});

const clusterStatus = object({
  conditions,
  controlPlaneHA: object({
    clusterUrn: text(),
    members: list(object({ machineName: text(), vmUrn: text() })),
    ruleIndex: integer(),
    ruleName: text(),
  }),
  failureDomains,
  ready: bool(),
});

const placement = object({ name: text(), 'type!': text(), urn: text() });

const machineSpec = object({
  'ipHostPoolRef!': localReference,
  location: placement,
  providerID: text(),
  resource: placement,
  vmConfig: object({
    cdRomDatastoreClusterName: text(),
    cdRomDatastoreName: text(),
    'dcsMachineCpuSpec!': object({ 'quantity!': integer() }),
    dcsMachineDiskSpec: list(
      object({
        datastoreClusterName: text(),
        datastoreName: text(),
        datastoreUrn: text(),
        format: text(),
        mountOptions: list(text()),
        options: list(text()),
        path: text(),
        'quantity!': integer(),
        systemVolume: bool(),
        wipeFilesystem: bool(),
      }),
    ),
    'dcsMachineMemorySpec!': object({ 'quantity!': integer() }),
    dvSwitchName: text(),
    portGroupName: text(),
    portGroupUrn: text(),
  }),
  'vmTemplateName!': text(),
  vmUrn: text(),
});

const machineStatus = object({
  additionalNic: additionalNics,
  addresses: machineAddresses,
  cdRomDatastoreUrn: text(),
  cdRomDetached: bool(),
  cdRomFile: text(),
  cdRomFileDeleted: bool(),
  conditions,
  failureDomains,
  networkConfig: object(poolEntryFields),
  ready: bool(),
});

const persistentDisk = object(
  {
    datastoreClusterName: text(),
    datastoreName: text(),
    format: text(),
    isThin: bool(),
    mountOptions: list(text()),
    options: list(text()),
    path: text({ pattern: '^/.+' }),
    pciType: text(),
    'quantityGB!': integer({ minimum: 1 }),
    'slot!': integer({ minimum: 0 }),
  },
  {
    'x-kubernetes-validations': [
      {
        rule: 'has(self.datastoreClusterName) != has(self.datastoreName)',
        message: 'exactly one of datastoreClusterName or datastoreName is required',
      },
    ],
  },
);

const poolSpec = object({ 'pool!': list(object({ ...poolEntryFields, persistentDisk: list(persistentDisk) })) });

const poolStatus = object({
  persistentDiskStatus: list(
    object({
      attachedVmUrn: text(),
      datastoreUrn: text(),
      'ip!': text(),
      lastError: text(),
      lastTransitionTime: dateTime(),
      name: text(),
      ownerMachineName: text(),
      ownerMachineUID: text(),
      path: text(),
      phase: oneOf('Creating', 'Available', 'Attaching', 'Attached', 'Detaching', 'Deleting', 'Error'),
      'slot!': integer(),
      volumeUrn: text(),
    }),
  ),
});

const templateSpec = object({ 'template!': object({ metadata: templateMetadata, 'spec!': machineSpec }) });

function dcs(kind: string, plural: string, version: Omit<CrdVersion, 'name'>): KubeObject {
  return crd({
    group: 'infrastructure.cluster.x-k8s.io',
    kind,
    plural,
    labels: providerLabels('infrastructure-dcs'),
    versions: [{ name: 'v1beta1', ...version }],
  });
}

export const dcsCrds: readonly KubeObject[] = [
  dcs('DCSCluster', 'dcsclusters', { spec: clusterSpec, status: clusterStatus }),
  dcs('DCSIpHostnamePool', 'dcsiphostnamepools', { spec: poolSpec, status: poolStatus }),
  dcs('DCSMachine', 'dcsmachines', { spec: machineSpec, status: machineStatus }),
  dcs('DCSMachineTemplate', 'dcsmachinetemplates', { spec: templateSpec, status: object({}) }),
];
