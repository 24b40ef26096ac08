import { describe, expect, it } from 'vitest';
import { builtinType } from '../../../../kube/schema/index.ts';
import { descriptions, fieldDescription, typeDescription } from './index.ts';

/** What people explain: the kinds, what is wanted and reported of them, and what Pods are made of. */
const EXPLAINED = [
  ...['meta.v1.ObjectMeta', 'meta.v1.OwnerReference', 'meta.v1.LabelSelector', 'meta.v1.Condition'],
  ...['Namespace', 'NamespaceSpec', 'NamespaceStatus', 'Node', 'NodeSpec', 'NodeStatus', 'Taint', 'Event', 'ConfigMap']
    .concat(['Pod', 'PodSpec', 'PodStatus', 'PodCondition', 'PodTemplateSpec', 'Container', 'ContainerPort', 'EnvVar'])
    .concat(['Probe', 'SecurityContext', 'PodSecurityContext', 'ResourceRequirements', 'Toleration', 'Volume'])
    .concat(['VolumeMount', 'Secret', 'ServiceAccount', 'Service', 'ServiceSpec', 'ServiceStatus', 'ServicePort'])
    .concat(['Endpoints', 'PersistentVolumeClaim', 'PersistentVolumeClaimSpec', 'PersistentVolumeClaimStatus'])
    .concat(['PersistentVolume', 'PersistentVolumeStatus', 'ObjectReference'])
    .map((name) => `core.v1.${name}`),
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']
    .flatMap((kind) => [kind, `${kind}Spec`, `${kind}Status`])
    .map((name) => `apps.v1.${name}`),
  ...['batch.v1.Job', 'batch.v1.CronJob', 'policy.v1.PodDisruptionBudget', 'autoscaling.v2.HorizontalPodAutoscaler']
    .concat(['apiextensions.v1.CustomResourceDefinition', 'networking.v1.Ingress'])
    .flatMap((kind) => [kind, `${kind}Spec`, `${kind}Status`]),
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'PolicyRule', 'Subject'].map((n) => `rbac.v1.${n}`),
  ...['coordination.v1.Lease', 'coordination.v1.LeaseSpec', 'discovery.v1.EndpointSlice', 'storage.v1.StorageClass'],
  ...['networking.v1.NetworkPolicy', 'networking.v1.NetworkPolicySpec', 'scheduling.v1.PriorityClass'],
];

describe('descriptions of built-in kinds', () => {
  it.each(EXPLAINED)('say what %s is and what each of its fields means', (name) => {
    expect(typeDescription(name)).toMatch(/\.$/);
    const fields = builtinType(name)?.fields.map((field) => field.name) ?? [];
    expect(fields).not.toEqual([]);
    expect(fields.filter((field) => fieldDescription(name, field) === undefined)).toEqual([]);
  });

  it('are of types and fields that there are', () => {
    for (const [name, { fields }] of descriptions()) {
      if (name === '*') continue;
      const known = builtinType(name)?.fields.map((field) => field.name);
      expect(
        [...fields.keys()].filter((field) => known?.includes(field) !== true),
        name,
      ).toEqual([]);
      expect(known, name).toBeDefined();
    }
  });
});
