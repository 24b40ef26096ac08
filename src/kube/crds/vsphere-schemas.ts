import { build } from '../schema/index.ts';
import {
  apiEndpoint,
  conditions,
  failureDomains,
  labelSelector,
  machineAddresses,
  objectReference,
  templateMetadata,
  v1beta2Status,
} from './fragments.ts';

/** Specs and statuses of the vSphere provider. Field names and limits: reference of the provider, confirmed by its CRDs. */
const { atomicObject, bool, dateTime, int32, int64, integer, list, mapList, mapOf, object, oneOf, text, textOf } =
  build;

const ready: build.Fields = { conditions, ready: bool(), v1beta2: v1beta2Status() };

export const clusterSpec = object({
  clusterModules: list(object({ 'controlPlane!': bool(), 'moduleUUID!': text(), 'targetObjectName!': text() })),
  controlPlaneEndpoint: apiEndpoint({}),
  disableClusterModule: bool(),
  failureDomainSelector: labelSelector,
  identityRef: object({ 'kind!': oneOf('VSphereClusterIdentity', 'Secret'), 'name!': text({ minLength: 1 }) }),
  server: text(),
  thumbprint: text(),
});

export const clusterStatus = object({ ...ready, failureDomains, vCenterVersion: text() });

export const clusterIdentitySpec = object({
  allowedNamespaces: object({ selector: labelSelector }),
  secretName: text({ minLength: 1 }),
});

export const readyStatus = object(ready);

export const deploymentZoneSpec = object({
  controlPlane: bool(),
  failureDomain: text(),
  'placementConstraint!': object({ folder: text(), resourcePool: text() }),
  server: text(),
});

const dhcpOverrides = object({
  hostname: text(),
  routeMetric: integer(),
  sendHostname: bool(),
  useDNS: bool(),
  useDomains: text(),
  useHostname: bool(),
  useMTU: bool(),
  useNTP: bool(),
  useRoutes: text(),
});

const addressing: build.Fields = {
  addressesFromPools: list(atomicObject({ apiGroup: text(), 'kind!': text(), 'name!': text() })),
  dhcp4: bool(),
  dhcp4Overrides: dhcpOverrides,
  dhcp6: bool(),
  dhcp6Overrides: dhcpOverrides,
  nameservers: list(text()),
  'networkName!': text(),
  searchDomains: list(text()),
};

const tagged = object({
  autoConfigure: bool(),
  'name!': text(),
  'tagCategory!': text(),
  'type!': oneOf('Datacenter', 'ComputeCluster', 'HostGroup'),
});

export const failureDomainSpec = object({
  'region!': tagged,
  'topology!': object({
    computeCluster: text(),
    'datacenter!': text(),
    datastore: text(),
    hosts: object({ 'hostGroupName!': text(), 'vmGroupName!': text() }),
    networkConfigurations: mapList(['networkName'], object(addressing)),
    networks: list(text()),
  }),
  'zone!': tagged,
});

const routes = list(object({ 'metric!': int32(), 'to!': text(), 'via!': text() }));

/** The fields that VSphereMachine and VSphereVM share: how a virtual machine is cloned. */
const cloneFields: build.Fields = {
  additionalDisksGiB: list(int32()),
  cloneMode: text(),
  customVMXKeys: mapOf(text()),
  dataDisks: mapList(
    ['name'],
    object({
      'name!': text(),
      provisioningMode: oneOf('Thin', 'Thick', 'EagerlyZeroed'),
      'sizeGiB!': int32(),
    }),
    { maxItems: 29 },
  ),
  datacenter: text(),
  datastore: text(),
  diskGiB: int32(),
  folder: text(),
  guestSoftPowerOffTimeout: text(),
  hardwareVersion: text(),
  memoryMiB: int64(),
  'network!': object({
    'devices!': list(
      object({
        ...addressing,
        deviceName: text(),
        gateway4: text(),
        gateway6: text(),
        ipAddrs: list(text()),
        macAddr: text(),
        mtu: int64(),
        routes,
        skipIPAllocation: bool(),
      }),
    ),
    preferredAPIServerCidr: text(),
    routes,
  }),
  numCPUs: int32(),
  numCoresPerSocket: int32(),
  os: text(),
  pciDevices: list(object({ customLabel: text(), deviceId: int32(), vGPUProfile: text(), vendorId: int32() })),
  powerOffMode: { ...oneOf('hard', 'soft', 'trySoft'), default: 'hard' },
  resourcePool: text(),
  server: text(),
  snapshot: text(),
  storagePolicyName: text(),
  tagIDs: list(text()),
  'template!': text({ minLength: 1 }),
  thumbprint: text(),
};

const networkStatus = list(
  object({ connected: bool(), ipAddrs: list(text()), 'macAddr!': text(), networkName: text() }),
);

export const machineSpec = object({
  ...cloneFields,
  failureDomain: text(),
  machineConfigPoolRef: objectReference,
  namingStrategy: object({ template: text() }),
  providerID: text(),
});

export const machineStatus = object({
  ...ready,
  addresses: machineAddresses,
  failureMessage: text(),
  failureReason: text(),
  network: networkStatus,
});

export const machineTemplateSpec = object({
  'template!': object({ metadata: templateMetadata, 'spec!': machineSpec }),
});

export const vmSpec = object({ ...cloneFields, biosUUID: text(), bootstrapRef: objectReference });

export const vmStatus = object({
  ...ready,
  addresses: list(text()),
  cloneMode: text(),
  failureMessage: text(),
  failureReason: text(),
  host: text(),
  moduleUUID: text(),
  network: networkStatus,
  retryAfter: dateTime(),
  snapshot: text(),
  taskRef: text(),
  vmRef: text(),
});

const poolNic = object({
  deviceName: text(),
  dns: list(text()),
  gateway: text(),
  ip: text(),
  ipv6: text(),
  ipv6Gateway: text(),
  'networkName!': text(),
});

export const machineConfigPoolSpec = object({
  'clusterRef!': objectReference,
  'configs!': list(
    object({
      datacenter: text(),
      'hostname!': textOf(1, 253, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' }),
      network: object({ additional: list(poolNic), 'primary!': poolNic }),
      persistentDisks: list(
        object({
          datastore: text(),
          diskUUID: text(),
          fsFormat: text(),
          mountOptions: list(text()),
          mountPath: text(),
          'name!': text(),
          'sizeGiB!': int32(),
          storagePolicy: text(),
          unitNumber: int32(),
          volumePath: text(),
          wipeFilesystem: bool(),
        }),
      ),
    }),
  ),
  datacenter: text(),
  releaseDelayHours: integer(),
});

export const machineConfigPoolStatus = object({
  conditions,
  configStatuses: list(
    object({
      'hostname!': text(),
      lastReleasedTime: dateTime(),
      machineRef: objectReference,
      reclaimStatus: object({
        lastError: text(),
        retryAfter: dateTime(),
        state: oneOf('Running', 'Failed', 'Completed'),
        taskRef: text(),
        volumePath: text(),
      }),
      'state!': oneOf('Available', 'InUse', 'Released'),
    }),
  ),
  consumerRef: objectReference,
});
