import type { Json } from '../api-connection.ts';
import { expectFailure, type ContractCase } from '../contract-case.ts';
import { refusalCases } from './strategies-refusals.ts';

const EMPTY_SELECTOR =
  'v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement(nil)}';
const NO_MATCH = 'Invalid value: map[string]string{"a":"b"}: `selector` does not match template `labels`';

const workload = (spec: Json): Json => ({
  metadata: { name: 'refused' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    ...spec,
  },
});
type Causes = readonly (readonly [field: string, message: string, reason: string])[];
const refusal =
  (plural: string) =>
  (title: string, spec: Json, ...causes: Causes): Parameters<typeof refusalCases>[0][number] => ({
    title,
    collection: (w) => w.apps(plural),
    object: workload(spec),
    causes,
  });
const deployment = refusal('deployments');
const daemonSet = refusal('daemonsets');
const statefulSet = refusal('statefulsets');
const atLeastZero = (field: string): readonly [string, string, string] => [
  field,
  'Invalid value: -1: must be greater than or equal to 0',
  'FieldValueInvalid',
];

const job = (title: string, spec: Json, ...causes: Causes): Parameters<typeof refusalCases>[0][number] => ({
  title,
  collection: (w) => `/apis/batch/v1/namespaces/${w.namespace}/jobs`,
  object: {
    metadata: { name: 'refused' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }, ...spec },
  },
  causes,
});

const jobTemplate = {
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
};
const cronJob = (title: string, spec: Json, ...causes: Causes): Parameters<typeof refusalCases>[0][number] => ({
  title,
  collection: (w) => `/apis/batch/v1/namespaces/${w.namespace}/cronjobs`,
  object: { metadata: { name: 'refused' }, spec: { schedule: '* * * * *', jobTemplate, ...spec } },
  causes,
});

export const workloadRefusals = refusalCases([
  deployment(
    'a Deployment without a selector is Invalid, and its template does not match',
    { selector: null },
    ['spec.selector', 'Required value', 'FieldValueRequired'],
    ['spec.template.metadata.labels', NO_MATCH, 'FieldValueInvalid'],
  ),
  deployment('an empty selector is Invalid for a Deployment', { selector: {} }, [
    'spec.selector',
    `Invalid value: ${EMPTY_SELECTOR}: empty selector is invalid for deployment`,
    'FieldValueInvalid',
  ]),
  deployment('a selector that finds other labels is Invalid', { selector: { matchLabels: { a: 'c' } } }, [
    'spec.template.metadata.labels',
    NO_MATCH,
    'FieldValueInvalid',
  ]),
  deployment('a Deployment has no negative replicas', { replicas: -1 }, atLeastZero('spec.replicas')),
  deployment('Recreate has no rolling update', { strategy: { type: 'Recreate', rollingUpdate: {} } }, [
    'spec.strategy.rollingUpdate',
    "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    'FieldValueForbidden',
  ]),
  deployment('a rolling update moves somehow', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }, [
    'spec.strategy.rollingUpdate.maxUnavailable',
    'Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when `maxSurge` is 0',
    'FieldValueInvalid',
  ]),
  deployment('a deadline is longer than what makes ready', { progressDeadlineSeconds: 5, minReadySeconds: 10 }, [
    'spec.progressDeadlineSeconds',
    'Invalid value: 5: must be greater than minReadySeconds',
    'FieldValueInvalid',
  ]),
  deployment(
    'the Pods of a Deployment restart',
    {
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
      },
    },
    [
      'spec.template.spec.restartPolicy',
      'Unsupported value: "Never": supported values: "Always"',
      'FieldValueNotSupported',
    ],
  ),
  deployment(
    'a template is checked as a Pod is',
    { template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c' }] } } },
    ['spec.template.spec.containers[0].image', 'Required value', 'FieldValueRequired'],
  ),
  daemonSet('a DaemonSet needs a selector that finds something', { selector: {} }, [
    'spec.selector',
    `Invalid value: ${EMPTY_SELECTOR}: empty selector is invalid for daemonset`,
    'FieldValueInvalid',
  ]),
  daemonSet(
    'a DaemonSet surges or takes down',
    { updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } },
    [
      'spec.updateStrategy.rollingUpdate.maxSurge',
      'Invalid value: intstr.IntOrString{Type:0, IntVal:1, StrVal:""}: may not be set when maxUnavailable is non-zero',
      'FieldValueInvalid',
    ],
  ),
  statefulSet('a StatefulSet manages its Pods in one of two ways', { podManagementPolicy: 'X' }, [
    'spec.podManagementPolicy',
    "Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'",
    'FieldValueInvalid',
  ]),
  statefulSet('a partition is not negative', { updateStrategy: { rollingUpdate: { partition: -1 } } }, [
    ...atLeastZero('spec.updateStrategy.rollingUpdate.partition'),
  ]),
  statefulSet(
    'a StatefulSet restarts its Pods, without a deadline',
    {
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { restartPolicy: 'Never', activeDeadlineSeconds: 1, containers: [{ name: 'c', image: 'i' }] },
      },
    },
    [
      'spec.template.spec.restartPolicy',
      'Unsupported value: "Never": supported values: "Always"',
      'FieldValueNotSupported',
    ],
    [
      'spec.template.spec.activeDeadlineSeconds',
      'Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
      'FieldValueForbidden',
    ],
  ),
  job('a Job has no negative parallelism', { parallelism: -1 }, atLeastZero('spec.parallelism')),
  job('a Job needs a restart policy that ends', { template: { spec: { containers: [{ name: 'c', image: 'i' }] } } }, [
    'spec.template.spec.restartPolicy',
    'Required value: valid values: "OnFailure", "Never"',
    'FieldValueRequired',
  ]),
  job('an indexed Job says how many', { completionMode: 'Indexed', parallelism: 1 }, [
    'spec.completions',
    'Required value: when completion mode is Indexed',
    'FieldValueRequired',
  ]),
  cronJob('a schedule has five fields', { schedule: 'x' }, [
    'spec.schedule',
    'Invalid value: "x": expected exactly 5 fields, found 1: [x]',
    'FieldValueInvalid',
  ]),
  cronJob('a time zone is known', { timeZone: 'Mars/X' }, [
    'spec.timeZone',
    'Invalid value: "Mars/X": unknown time zone Mars/X',
    'FieldValueInvalid',
  ]),
]);

export const workloadSelectors: readonly ContractCase[] = ['daemonsets', 'replicasets'].map((plural) => ({
  title: `the selector of ${plural} cannot change`,
  run: async (w) => {
    const name = w.name();
    const kind = plural === 'daemonsets' ? 'DaemonSet' : 'ReplicaSet';
    await w.given(w.apps(plural), { ...w.deployment(name), kind });
    const labels = { app: 'other' };
    const answer = await w.merge(w.apps(plural, name), {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    expectFailure(answer, 422, 'Invalid', {
      details: {
        causes: [
          {
            reason: 'FieldValueInvalid',
            field: 'spec.selector',
            message:
              'Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"other"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
          },
        ],
      },
    });
  },
}));
