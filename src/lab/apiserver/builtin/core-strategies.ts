import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, setDefaultOfZero, textOf, type JsonObject } from '../json.ts';
import type { Strategy, StrategyContext } from '../resource-definition.ts';
import { specOf } from './define.ts';
import { apiTime } from '../object-lifecycle.ts';
import { defaultVolumeSource } from './pod-template.ts';
import { configMapFaults, secretFaults } from './rules/data-rules.ts';
import { endpointsFaults } from './rules/network-rules.ts';
import { nodeFaults } from './rules/platform-rules.ts';
import { serviceFaults } from './rules/service-rules.ts';
import { claimFaults, volumeFaults } from './rules/storage-rules.ts';

/** Defaults and rules of the core kinds other than Pods. */

export const namespaceStrategy: Partial<Strategy> = {
  prepareForCreate: (object) => {
    labelsOf(object)['kubernetes.io/metadata.name'] = object.metadata.name ?? '';
    specOf(object).finalizers = ['kubernetes'];
    object.status = { phase: 'Active' };
  },
  prepareForUpdate: (object, old) => {
    // Only the finalize subresource changes these.
    specOf(object).finalizers = specOf(old).finalizers;
    labelsOf(object)['kubernetes.io/metadata.name'] = old.metadata.name ?? '';
  },
  selectableFields: (object) => ({
    name: object.metadata.name ?? '',
    'status.phase': textOf(fieldAt(object, 'status', 'phase')),
  }),
};

function labelsOf(object: KubeObject): Record<string, string> {
  return (object.metadata.labels ??= {});
}

const NOT_READY = 'node.kubernetes.io/not-ready';

export const nodeStrategy: Partial<Strategy> = {
  validate: nodeFaults,
  keepStatusOnCreate: true,
  applyDefaults: (node) => {
    const spec = specOf(node);
    if (typeof spec.podCIDR === 'string') setDefault(spec, 'podCIDRs', [spec.podCIDR]);
    else if (Array.isArray(spec.podCIDRs)) [spec.podCIDR] = spec.podCIDRs as unknown[];
    const status = objectIn(node, 'status');
    if (isObject(status.capacity)) setDefault(status, 'allocatable', { ...status.capacity });
  },
  prepareForCreate: (node) => {
    // Admission (TaintNodesByCondition): no Pod comes to a new node before it was seen ready.
    const spec = specOf(node);
    const taints = objectsIn(spec.taints);
    if (!taints.some((t) => t.key === NOT_READY && t.effect === 'NoSchedule'))
      spec.taints = [...taints, { key: NOT_READY, effect: 'NoSchedule' }];
  },
  selectableFields: (object) => ({ 'spec.unschedulable': String(fieldAt(object, 'spec', 'unschedulable') === true) }),
};

export const secretStrategy: Partial<Strategy> = {
  applyDefaults: (secret) => {
    setDefault(secret, 'type', 'Opaque');
    const { stringData } = secret;
    if (!isObject(stringData)) return;
    const data = objectIn(secret, 'data');
    for (const [key, text] of Object.entries(stringData))
      data[key] = Buffer.from(textOf(text), 'utf8').toString('base64');
    delete secret.stringData;
  },
  validate: secretFaults,
  selectableFields: (secret) => ({ type: textOf(secret.type) }),
};

export const configMapStrategy: Partial<Strategy> = { validate: configMapFaults };

export const serviceStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  applyDefaults: (service) => {
    const spec = specOf(service);
    setDefault(spec, 'type', 'ClusterIP');
    setDefault(spec, 'sessionAffinity', 'None');
    if (spec.sessionAffinity === 'ClientIP')
      setDefault(objectIn(objectIn(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10_800);
    else delete spec.sessionAffinityConfig;
    for (const port of objectsIn(spec.ports)) {
      setDefault(port, 'protocol', 'TCP');
      setDefaultOfZero(port, 'targetPort', port.port);
    }
    if (spec.type === 'ExternalName') return;
    setDefault(spec, 'internalTrafficPolicy', 'Cluster');
    if (hasNodePorts(spec)) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
    if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  },
  prepareForCreate: (service, context) => {
    allocate(specOf(service), context);
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate: (service, old, context) => {
    const spec = specOf(service);
    const before = specOf(old);
    // A Service that turns into a name gives back the address that its writer did not touch.
    if (spec.type === 'ExternalName' && before.type !== 'ExternalName' && spec.clusterIP === before.clusterIP)
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
        Reflect.deleteProperty(spec, field);
    // What was allocated stays when the writer leaves it out.
    if (spec.type !== 'ExternalName')
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
        setDefault(spec, field, before[field]);
    for (const port of objectsIn(spec.ports)) {
      const same = objectsIn(before.ports).find((p) => p.port === port.port && p.protocol === port.protocol);
      if (hasNodePorts(spec) && same?.nodePort !== undefined) setDefault(port, 'nodePort', same.nodePort);
    }
    allocate(spec, context);
  },
  validate: serviceFaults,
  selectableFields: (service) => ({
    'spec.clusterIP': textOf(fieldAt(service, 'spec', 'clusterIP')),
    'spec.type': textOf(fieldAt(service, 'spec', 'type')),
  }),
};

function hasNodePorts(spec: JsonObject): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function allocate(spec: JsonObject, context: StrategyContext): void {
  if (spec.type === 'ExternalName') return;
  const asked = textOf(spec.clusterIP);
  spec.clusterIP = asked === 'None' ? asked : context.allocateClusterIp(asked === '' ? undefined : asked);
  spec.clusterIPs = [spec.clusterIP];
  // Nothing tells the families of a headless Service whose endpoints others write.
  const isOpen = asked === 'None' && (!isObject(spec.selector) || Object.keys(spec.selector).length === 0);
  if (isOpen && spec.ipFamilies === undefined) setDefault(spec, 'ipFamilyPolicy', 'RequireDualStack');
  setDefault(spec, 'ipFamilies', isOpen && spec.ipFamilyPolicy !== 'SingleStack' ? ['IPv4', 'IPv6'] : ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
  if (!hasNodePorts(spec)) return;
  for (const port of objectsIn(spec.ports))
    port.nodePort = context.allocateNodePort(typeof port.nodePort === 'number' ? port.nodePort : undefined);
}

function addFinalizer(object: KubeObject, finalizer: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
}

export const claimStrategy: Partial<Strategy> = {
  validate: claimFaults,
  applyDefaults: (claim) => setDefault(specOf(claim), 'volumeMode', 'Filesystem'),
  prepareForCreate: (claim) => {
    claim.status = { phase: 'Pending' };
    addFinalizer(claim, 'kubernetes.io/pvc-protection');
  },
};

export const volumeStrategy: Partial<Strategy> = {
  validate: volumeFaults,
  applyDefaults: (volume) => {
    const spec = specOf(volume);
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    defaultVolumeSource(spec);
  },
  prepareForCreate: (volume, { nowMs }) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: apiTime(nowMs) };
    addFinalizer(volume, 'kubernetes.io/pv-protection');
  },
};

export const limitRangeStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  applyDefaults: (object) => {
    for (const limit of objectsIn(specOf(object).limits)) {
      if (limit.type !== 'Container') continue;
      const merged = (...amounts: unknown[]): JsonObject =>
        Object.assign({}, ...amounts.filter(isObject)) as JsonObject;
      limit.default = merged(limit.max, limit.default);
      limit.defaultRequest = merged(limit.default, limit.min, limit.defaultRequest);
    }
  },
};

export const endpointsStrategy: Partial<Strategy> = {
  validate: endpointsFaults,
  createOnUpdate: true,
  applyDefaults: (object) => {
    for (const subset of objectsIn(object.subsets))
      for (const port of objectsIn(subset.ports)) setDefault(port, 'protocol', 'TCP');
  },
};
