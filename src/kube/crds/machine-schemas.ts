import { build, type StructuralSchema } from '../schema/index.ts';
import {
  conditions,
  labelSelector,
  machineAddresses,
  nodeTimeouts,
  objectReference,
  readinessGates,
  taints,
  templateMetadata,
  v1beta2Status,
} from './fragments.ts';

/** Specs and statuses of Machine and of the kinds that make Machines. */
const { bool, dateTime, int32, int64, intOrString, list, object, oneOf, text, textOf } = build;

const replicaCounts: build.Fields = { availableReplicas: int32(), readyReplicas: int32(), upToDateReplicas: int32() };
const failure: build.Fields = { failureMessage: textOf(1, 10240), failureReason: text() };

export const machineSpec = object({
  'bootstrap!': object({ configRef: objectReference, dataSecretName: textOf(0, 253) }),
  'clusterName!': textOf(1, 63),
  failureDomain: textOf(1, 256),
  'infrastructureRef!': objectReference,
  ...nodeTimeouts,
  providerID: textOf(1, 512),
  readinessGates,
  taints,
  version: textOf(1, 256),
});

export const machineStatus = object({
  addresses: machineAddresses,
  bootstrapReady: bool(),
  certificatesExpiryDate: dateTime(),
  conditions,
  deletion: object({ nodeDrainStartTime: dateTime(), waitForNodeVolumeDetachStartTime: dateTime() }),
  ...failure,
  infrastructureReady: bool(),
  lastUpdated: dateTime(),
  nodeInfo: object({
    'architecture!': text(),
    'bootID!': text(),
    'containerRuntimeVersion!': text(),
    'kernelVersion!': text(),
    'kubeProxyVersion!': text(),
    'kubeletVersion!': text(),
    'machineID!': text(),
    'operatingSystem!': text(),
    'osImage!': text(),
    'systemUUID!': text(),
  }),
  nodeRef: objectReference,
  observedGeneration: int64(),
  phase: oneOf('Pending', 'Provisioning', 'Provisioned', 'Running', 'Deleting', 'Deleted', 'Failed', 'Unknown'),
  v1beta2: v1beta2Status(),
});

const machineTemplate = object({ metadata: templateMetadata, spec: machineSpec });
const machineNamingStrategy = object({ template: textOf(1, 256) });
export const deletePolicy = oneOf('Random', 'Newest', 'Oldest');

export const machineSetSpec = object({
  'clusterName!': textOf(1, 63),
  deletePolicy,
  machineNamingStrategy,
  minReadySeconds: int32(),
  replicas: int32(),
  'selector!': labelSelector,
  template: machineTemplate,
});

export const machineSetStatus = object({
  availableReplicas: int32(),
  conditions,
  ...failure,
  fullyLabeledReplicas: int32(),
  observedGeneration: int64(),
  readyReplicas: int32(),
  replicas: int32(),
  selector: textOf(1, 4096),
  v1beta2: v1beta2Status(replicaCounts),
});

/** How a MachineDeployment replaces Machines. */
export const rolloutStrategy: StructuralSchema = object({
  remediation: object({ maxInFlight: intOrString() }),
  rollingUpdate: object({ deletePolicy, maxSurge: intOrString(), maxUnavailable: intOrString() }),
  type: oneOf('RollingUpdate', 'OnDelete'),
});

export const machineDeploymentSpec = object({
  'clusterName!': textOf(1, 63),
  machineNamingStrategy,
  minReadySeconds: int32(),
  paused: bool(),
  progressDeadlineSeconds: int32(),
  replicas: int32(),
  revisionHistoryLimit: int32(),
  rolloutAfter: dateTime(),
  'selector!': labelSelector,
  strategy: rolloutStrategy,
  'template!': machineTemplate,
});

export const machineDeploymentStatus = object({
  availableReplicas: int32(),
  conditions,
  observedGeneration: int64(),
  phase: oneOf('ScalingUp', 'ScalingDown', 'Running', 'Failed', 'Unknown'),
  readyReplicas: int32(),
  replicas: int32(),
  selector: textOf(1, 4096),
  unavailableReplicas: int32(),
  updatedReplicas: int32(),
  v1beta2: v1beta2Status(replicaCounts),
});

/** What makes a Machine unhealthy, in a MachineHealthCheck and in the topology of a Cluster. */
export const healthCheckFields: build.Fields = {
  maxUnhealthy: intOrString(),
  nodeStartupTimeout: text(),
  remediationTemplate: objectReference,
  unhealthyConditions: list(
    object({ 'status!': text({ minLength: 1 }), 'timeout!': text(), 'type!': text({ minLength: 1 }) }),
    { maxItems: 100 },
  ),
  unhealthyRange: textOf(1, 32, { pattern: '^\\[[0-9]+-[0-9]+\\]$' }),
};

export const machineHealthCheckSpec = object({
  'clusterName!': textOf(1, 63),
  ...healthCheckFields,
  'selector!': labelSelector,
});

export const machineHealthCheckStatus = object({
  conditions,
  currentHealthy: int32({ minimum: 0 }),
  expectedMachines: int32({ minimum: 0 }),
  observedGeneration: int64(),
  remediationsAllowed: int32({ minimum: 0 }),
  targets: list(textOf(1, 253), { maxItems: 10000 }),
  v1beta2: v1beta2Status(),
});
