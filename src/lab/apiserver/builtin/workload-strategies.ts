import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { equalJson, objectIn, objectsIn, setDefault, type JsonObject } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import { numberAt } from './columns.ts';
import { specOf } from './define.ts';
import { defaultTemplate, templateLabels } from './pod-template.ts';
import {
  daemonSetFaults,
  deploymentFaults,
  replicaSetFaults,
  statefulSetFaults,
  templateFaults,
} from './rules/workload-rules.ts';

/** Defaults and rules of Deployments, ReplicaSets, DaemonSets, StatefulSets and ReplicationControllers. */

function workload(
  validate: NonNullable<Strategy['validate']>,
  defaults: (spec: JsonObject, object: KubeObject) => void,
): Partial<Strategy> {
  return {
    generation: true,
    applyDefaults: (object) => {
      const spec = specOf(object);
      defaults(spec, object);
      defaultTemplate(spec);
    },
    validate,
  };
}

const deployments = workload(deploymentFaults, (spec) => {
  setDefault(spec, 'replicas', 1);
  const strategy = objectIn(spec, 'strategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = objectIn(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', '25%');
    setDefault(rolling, 'maxSurge', '25%');
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
});

/** The controller copies annotations to ReplicaSets, so that a change of them is one that it has to observe. */
export const deploymentStrategy: Partial<Strategy> = { ...deployments, annotationsCount: true };

const selectReplicas: Strategy['selectableFields'] = (object) => ({
  'status.replicas': String(numberAt(object, 'status', 'replicas')),
});

export const replicaSetStrategy: Partial<Strategy> = {
  ...workload(replicaSetFaults, (spec) => setDefault(spec, 'replicas', 1)),
  selectableFields: selectReplicas,
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const daemonSetStrategy: Partial<Strategy> = {
  ...workload(daemonSetFaults, (spec) => {
    const strategy = objectIn(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = objectIn(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', 1);
      setDefault(rolling, 'maxSurge', 0);
    }
    setDefault(spec, 'revisionHistoryLimit', 10);
  }),
  // DaemonSets count changes of their template in an annotation, for clients of extensions/v1beta1.
  prepareForCreate: (object) => {
    const { annotations } = object.metadata;
    object.metadata.annotations = { ...annotations, [TEMPLATE_GENERATION]: annotations?.[TEMPLATE_GENERATION] ?? '1' };
  },
  prepareForUpdate: (object, old) => {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
    const isNew = !equalJson(fieldAt(object, 'spec', 'template'), fieldAt(old, 'spec', 'template'));
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [TEMPLATE_GENERATION]: String(isNew ? before + 1 : before),
    };
  },
};

export const statefulSetStrategy = workload(statefulSetFaults, (spec) => {
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = objectIn(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') setDefault(objectIn(strategy, 'rollingUpdate'), 'partition', 0);
  setDefault(spec, 'revisionHistoryLimit', 10);
  const retention = objectIn(spec, 'persistentVolumeClaimRetentionPolicy');
  setDefault(retention, 'whenDeleted', 'Retain');
  setDefault(retention, 'whenScaled', 'Retain');
  for (const claim of objectsIn(spec.volumeClaimTemplates)) {
    setDefault(claim, 'apiVersion', 'v1');
    setDefault(claim, 'kind', 'PersistentVolumeClaim');
    setDefault(objectIn(claim, 'spec'), 'volumeMode', 'Filesystem');
    setDefault(objectIn(claim, 'status'), 'phase', 'Pending');
  }
});

export const replicationControllerStrategy: Partial<Strategy> = {
  ...workload(
    (object) => templateFaults(object),
    (spec, object) => {
      setDefault(spec, 'replicas', 1);
      const labels = templateLabels(object);
      if (Object.keys(labels).length === 0) return;
      setDefault(spec, 'selector', { ...labels });
      object.metadata.labels ??= { ...labels } as Record<string, string>;
    },
  ),
  selectableFields: selectReplicas,
};

export const podTemplateStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object) => defaultTemplate(object),
};
