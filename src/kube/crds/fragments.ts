import { build, type StructuralSchema } from '../schema/index.ts';

/** Shapes that several kinds of Cluster API v1beta1 share. */
const { atomicObject, bool, dateTime, int32, int64, list, mapList, mapOf, object, oneOf, text, textOf } = build;

const CONDITION_TYPE =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$';

/** corev1.ObjectReference. */
export const objectReference = atomicObject({
  apiVersion: text(),
  fieldPath: text(),
  kind: text(),
  name: text(),
  namespace: text(),
  resourceVersion: text(),
  uid: text(),
});

/** corev1.LocalObjectReference; the empty default is that of the Go type. */
export const localReference = atomicObject({ name: text({ default: '' }) });

export const labelSelector = atomicObject({
  matchExpressions: list(
    object({
      'key!': text(),
      'operator!': text(),
      values: list(text(), { 'x-kubernetes-list-type': 'atomic' }),
    }),
    { 'x-kubernetes-list-type': 'atomic' },
  ),
  matchLabels: mapOf(text()),
});

/** Conditions of the v1beta1 contract. */
export const conditions = list(
  object({
    'lastTransitionTime!': dateTime(),
    message: textOf(1, 10240),
    reason: textOf(1, 256),
    severity: text({ maxLength: 32 }),
    'status!': text(),
    'type!': textOf(1, 256),
  }),
);

const metaConditions = mapList(
  ['type'],
  object({
    'lastTransitionTime!': dateTime(),
    'message!': text({ maxLength: 32768 }),
    observedGeneration: int64({ minimum: 0 }),
    'reason!': textOf(1, 1024, { pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    'status!': oneOf('True', 'False', 'Unknown'),
    'type!': text({ maxLength: 316, pattern: CONDITION_TYPE }),
  }),
  { maxItems: 32 },
);

/** `status.v1beta2`: the conditions of the next contract, next to fields of the kind. */
export function v1beta2Status(fields: build.Fields = {}): StructuralSchema {
  return object({ ...fields, conditions: metaConditions });
}

export const templateMetadata = object({ annotations: mapOf(text()), labels: mapOf(text()) });

export const readinessGates = mapList(
  ['conditionType'],
  object({
    'conditionType!': textOf(1, 316, { pattern: CONDITION_TYPE }),
    polarity: oneOf('Positive', 'Negative'),
  }),
  { maxItems: 32 },
);

export const taints = list(object({ 'effect!': text(), 'key!': text(), timeAdded: dateTime(), value: text() }));

export const nodeTimeouts: build.Fields = {
  nodeDeletionTimeout: text(),
  nodeDrainTimeout: text(),
  nodeVolumeDetachTimeout: text(),
};

/** Endpoint of a control plane; vSphere's type does not limit the host. */
export function apiEndpoint(hostLimits: Partial<StructuralSchema> = { maxLength: 512 }): StructuralSchema {
  return object({ 'host!': text(hostLimits), 'port!': int32() });
}

export const failureDomains = mapOf(object({ attributes: mapOf(text()), controlPlane: bool() }));

export const machineAddresses = list(
  object({
    'address!': textOf(1, 256),
    'type!': oneOf('Hostname', 'ExternalIP', 'InternalIP', 'ExternalDNS', 'InternalDNS'),
  }),
);

/** Labels by which clusterctl and the controllers find a provider's CRDs. */
export function providerLabels(provider: string): Record<string, string> {
  return { 'cluster.x-k8s.io/provider': provider, 'cluster.x-k8s.io/v1beta1': 'v1beta1' };
}

export const CAPI_CATEGORY = ['cluster-api'];
export const CLUSTER_NAME_LABEL = ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']";
