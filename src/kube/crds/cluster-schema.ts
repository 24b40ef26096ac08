import { build } from '../schema/index.ts';
import {
  apiEndpoint,
  conditions,
  failureDomains,
  nodeTimeouts,
  objectReference,
  readinessGates,
  templateMetadata,
  v1beta2Status,
} from './fragments.ts';
import { healthCheckFields, rolloutStrategy } from './machine-schemas.ts';

/** Spec and status of the Cluster kind. */
const { anything, bool, dateTime, int32, int64, list, mapList, object, oneOf, text, textOf } = build;

const cidrBlocks = object({ 'cidrBlocks!': list(textOf(1, 43), { maxItems: 100 }) });
const variable = object({ definitionFrom: text({ maxLength: 256 }), 'name!': textOf(1, 256), 'value!': anything() });
const variables = mapList(['name'], variable, { maxItems: 1000 });
const overrides = object({ overrides: variables });
const machineHealthCheck = object({ enable: bool(), ...healthCheckFields });

const topologyWorkers = object({
  machineDeployments: mapList(
    ['name'],
    object({
      'class!': textOf(1, 256),
      failureDomain: textOf(1, 256),
      machineHealthCheck,
      metadata: templateMetadata,
      minReadySeconds: int32(),
      'name!': textOf(1, 63),
      ...nodeTimeouts,
      readinessGates,
      replicas: int32(),
      strategy: rolloutStrategy,
      variables: overrides,
    }),
    { maxItems: 2000 },
  ),
  machinePools: mapList(
    ['name'],
    object({
      'class!': textOf(1, 256),
      failureDomains: list(textOf(1, 256), { maxItems: 100 }),
      metadata: templateMetadata,
      minReadySeconds: int32(),
      'name!': textOf(1, 63),
      ...nodeTimeouts,
      replicas: int32(),
      variables: overrides,
    }),
    { maxItems: 2000 },
  ),
});

const topology = object({
  'class!': textOf(1, 253),
  classNamespace: textOf(1, 63, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
  controlPlane: object({
    machineHealthCheck,
    metadata: templateMetadata,
    ...nodeTimeouts,
    readinessGates,
    replicas: int32(),
    variables: overrides,
  }),
  rolloutAfter: dateTime(),
  variables,
  'version!': textOf(1, 256),
  workers: topologyWorkers,
});

export const clusterSpec = object({
  availabilityGates: readinessGates,
  clusterNetwork: object({
    apiServerPort: int32(),
    pods: cidrBlocks,
    serviceDomain: textOf(1, 253),
    services: cidrBlocks,
  }),
  controlPlaneEndpoint: apiEndpoint(),
  controlPlaneRef: objectReference,
  infrastructureRef: objectReference,
  paused: bool(),
  topology,
});

const replicaSummary = object({
  availableReplicas: int32(),
  desiredReplicas: int32(),
  readyReplicas: int32(),
  replicas: int32(),
  upToDateReplicas: int32(),
});

export const clusterStatus = object({
  conditions,
  controlPlaneReady: bool(),
  failureDomains,
  failureMessage: textOf(1, 10240),
  failureReason: text(),
  infrastructureReady: bool(),
  observedGeneration: int64(),
  phase: oneOf('Pending', 'Provisioning', 'Provisioned', 'Deleting', 'Failed', 'Unknown'),
  v1beta2: v1beta2Status({ controlPlane: replicaSummary, workers: replicaSummary }),
});
