import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { equalJson, objectIn, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import { parseLabelSelector, selectorText } from '../selector.ts';
import type { StatusCause } from '../status-error.ts';
import { numberAt } from './columns.ts';
import { specOf } from './define.ts';
import { containerErrors, defaultTemplate, templateLabels } from './pod.ts';

/** Defaults and rules of Deployments, ReplicaSets, DaemonSets, StatefulSets, Jobs and CronJobs. */

function immutable(field: string, value: unknown): StatusCause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: field is immutable`,
    field,
  };
}

function selectorErrors(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const selector = fieldAt(object, 'spec', 'selector');
  const text = selectorText(selector);
  if (text === '') return [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.selector' }];
  const causes: StatusCause[] = [];
  const labels = templateLabels(object) as Record<string, string>;
  if (parseLabelSelector(text)?.(labels) === false)
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
      field: 'spec.template.metadata.labels',
    });
  if (old && !equalJson(selector, fieldAt(old, 'spec', 'selector'))) causes.push(immutable('spec.selector', selector));
  return causes;
}

function workload(options: {
  defaults: (spec: JsonObject, object: KubeObject) => void;
  validate?: (object: KubeObject, old: KubeObject | undefined) => StatusCause[];
}): Partial<Strategy> {
  return {
    generation: true,
    applyDefaults: (object) => {
      const spec = specOf(object);
      options.defaults(spec, object);
      defaultTemplate(spec);
    },
    validate: (object, old) => [
      ...(options.validate ?? selectorErrors)(object, old),
      ...containerErrors(object, 'spec.template.spec'),
    ],
  };
}

export const deploymentStrategy = workload({
  defaults: (spec) => {
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
  },
});

export const replicaSetStrategy: Partial<Strategy> = {
  ...workload({
    defaults: (spec) => {
      setDefault(spec, 'replicas', 1);
    },
  }),
  selectableFields: (object) => ({ 'status.replicas': String(numberAt(object, 'status', 'replicas')) }),
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const daemonSetStrategy: Partial<Strategy> = {
  prepareForCreate: (object) => {
    // DaemonSets count changes of their template in an annotation, for clients of extensions/v1beta1.
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
  ...workload({
    defaults: (spec) => {
      const strategy = objectIn(spec, 'updateStrategy');
      setDefault(strategy, 'type', 'RollingUpdate');
      if (strategy.type === 'RollingUpdate') {
        const rolling = objectIn(strategy, 'rollingUpdate');
        setDefault(rolling, 'maxUnavailable', 1);
        setDefault(rolling, 'maxSurge', 0);
      }
      setDefault(spec, 'revisionHistoryLimit', 10);
    },
  }),
};

export const statefulSetStrategy = workload({
  defaults: (spec) => {
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
  },
  validate: (object, old) => [...selectorErrors(object, old), ...statefulSetErrors(object, old)],
});

const changeableOfStatefulSet = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'selector',
]);

function statefulSetErrors(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  if (!old) return [];
  const fixed = (o: KubeObject): JsonObject =>
    Object.fromEntries(Object.entries(specOf(o)).filter(([key]) => !changeableOfStatefulSet.has(key)));
  if (equalJson(fixed(object), fixed(old))) return [];
  return [
    {
      reason: 'FieldValueForbidden',
      message:
        "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      field: 'spec',
    },
  ];
}

const jobLabelPrefixes = ['batch.kubernetes.io/', ''];

export const jobStrategy: Partial<Strategy> = {
  ...workload({
    defaults: (spec) => {
      setDefault(spec, 'completionMode', 'NonIndexed');
      setDefault(spec, 'suspend', false);
      setDefault(spec, 'backoffLimit', 6);
      setDefault(spec, 'podReplacementPolicy', 'TerminatingOrFailed');
      setDefault(spec, 'manualSelector', false);
      // Both absent: one Pod. With a parallelism alone it is a work queue, which has no completions.
      if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
      setDefault(spec, 'parallelism', 1);
    },
    validate: (object, old) => {
      if (!old) return restartPolicyErrors(object);
      return ['selector', 'template', 'completions'].flatMap((field) => {
        const value = fieldAt(object, 'spec', field);
        return equalJson(value, fieldAt(old, 'spec', field)) || fieldAt(old, 'spec', 'suspend') === true
          ? []
          : [immutable(`spec.${field}`, value)];
      });
    },
  }),
  prepareForCreate: (job) => {
    const spec = specOf(job);
    if (spec.manualSelector === true) return;
    const { uid = '', name = '' } = job.metadata;
    spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
    const labels = objectIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels');
    const hasOwn = Object.keys(labels).length > 0;
    for (const prefix of jobLabelPrefixes) {
      labels[`${prefix}controller-uid`] = uid;
      labels[`${prefix}job-name`] = name;
    }
    // A Job without labels takes those of its template; the real server shares the map, so the generated ones come too.
    if (job.metadata.labels === undefined && hasOwn) job.metadata.labels = { ...(labels as Record<string, string>) };
  },
  selectableFields: (object) => ({ 'status.successful': String(numberAt(object, 'status', 'succeeded')) }),
};

function restartPolicyErrors(job: KubeObject): StatusCause[] {
  const policy = textOf(fieldAt(job, 'spec', 'template', 'spec', 'restartPolicy'));
  if (policy === 'Never' || policy === 'OnFailure') return [];
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "OnFailure", "Never"`,
      field: 'spec.template.spec.restartPolicy',
    },
  ];
}

export const cronJobStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object) => {
    const spec = specOf(object);
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    defaultTemplate(objectIn(objectIn(spec, 'jobTemplate'), 'spec'));
  },
};

export const replicationControllerStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object) => {
    const spec = specOf(object);
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
    const labels = templateLabels(object);
    if (Object.keys(labels).length === 0) return;
    setDefault(spec, 'selector', { ...labels });
    object.metadata.labels ??= { ...labels } as Record<string, string>;
  },
  validate: (object) => containerErrors(object, 'spec.template.spec'),
  selectableFields: (object) => ({ 'status.replicas': String(numberAt(object, 'status', 'replicas')) }),
};

export const podTemplateStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object) => defaultTemplate(object),
};
