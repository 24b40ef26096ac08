import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import { equalJson, isObject, objectIn, objectsIn, setDefault, textOf } from '../json.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import {
  ageColumn,
  nameColumn,
  numberAt,
  printedAge,
  printedDuration,
  templateColumns,
  textAt,
  textColumn,
} from './columns.ts';
import { crdStrategy } from './crd-strategy.ts';
import { builtIn } from './define.ts';
import { cronJobStrategy, jobStrategy } from './workload-strategies.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const generation = { generation: true };

function jobStatus(job: KubeObject): string {
  const is = (type: string): boolean => conditionOf(job, type)?.status === 'True';
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  if (is('FailureTarget')) return 'FailureTarget';
  return is('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobDuration(job: KubeObject, nowMs: number): string {
  const start = Date.parse(textAt(job, 'status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(textAt(job, 'status', 'completionTime'));
  return printedDuration((Number.isNaN(end) ? nowMs : end) - start);
}

const jobColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', jobStatus),
  textColumn('Completions', (o) => {
    const wanted = fieldAt(o, 'spec', 'completions');
    const done = numberAt(o, 'status', 'succeeded');
    const parallelism = numberAt(o, 'spec', 'parallelism');
    if (typeof wanted === 'number') return `${String(done)}/${String(wanted)}`;
    return parallelism > 1 ? `${String(done)}/1 of ${String(parallelism)}` : `${String(done)}/1`;
  }),
  { name: 'Duration', type: 'string', value: jobDuration },
  ageColumn,
  ...templateColumns,
];

const cronJobColumns: readonly Column[] = [
  nameColumn,
  textColumn('Schedule', (o) => textAt(o, 'spec', 'schedule')),
  textColumn('Timezone', (o) => textAt(o, 'spec', 'timeZone'), { none: '<none>' }),
  textColumn('Suspend', (o) => (fieldAt(o, 'spec', 'suspend') === true ? 'True' : 'False')),
  { name: 'Active', type: 'integer', value: (o) => objectsIn(fieldAt(o, 'status', 'active')).length },
  {
    name: 'Last Schedule',
    type: 'string',
    value: (o, nowMs) => {
      const last = textAt(o, 'status', 'lastScheduleTime');
      return last === '' ? '<none>' : printedAge(last, nowMs);
    },
  },
  ageColumn,
];

const createdColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', value: (o) => o.metadata.creationTimestamp },
];

const bindingColumns: readonly Column[] = [
  nameColumn,
  textColumn('Role', (o) => `${textAt(o, 'roleRef', 'kind')}/${textAt(o, 'roleRef', 'name')}`),
  ageColumn,
  ...(['User', 'Group', 'ServiceAccount'] as const).map((kind) =>
    textColumn(
      kind === 'ServiceAccount' ? 'ServiceAccounts' : `${kind}s`,
      (o) =>
        objectsIn(o.subjects)
          .filter((s) => s.kind === kind)
          .map((s) => (kind === 'ServiceAccount' ? `${textOf(s.namespace)}/${textOf(s.name)}` : textOf(s.name)))
          .join(', '),
      { priority: 1 },
    ),
  ),
];

const leaseColumns: readonly Column[] = [
  nameColumn,
  textColumn('Holder', (o) => textAt(o, 'spec', 'holderIdentity')),
  ageColumn,
];

/** The role of a binding is for ever. */
const bindingStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  applyDefaults: (object) => {
    const role = objectIn(object, 'roleRef');
    setDefault(role, 'apiGroup', 'rbac.authorization.k8s.io');
    for (const subject of objectsIn(object.subjects))
      if (subject.kind !== 'ServiceAccount') setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  },
  validate: (object, old) =>
    old && !equalJson(object.roleRef, old.roleRef)
      ? [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(object.roleRef)}: cannot change roleRef`,
            field: 'roleRef',
          },
        ]
      : [],
};

const storageClassStrategy: Partial<Strategy> = {
  applyDefaults: (object) => {
    setDefault(object, 'reclaimPolicy', 'Delete');
    setDefault(object, 'volumeBindingMode', 'Immediate');
  },
};

const isDefaultClass = (object: KubeObject): string => {
  const { annotations } = object.metadata;
  const marked = annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return `${object.metadata.name ?? ''}${marked ? ' (default)' : ''}`;
};

const storageClassColumns: readonly Column[] = [
  { ...nameColumn, value: isDefaultClass },
  textColumn('Provisioner', (o) => textOf(o.provisioner)),
  textColumn('ReclaimPolicy', (o) => textOf(o.reclaimPolicy)),
  textColumn('VolumeBindingMode', (o) => textOf(o.volumeBindingMode)),
  { name: 'AllowVolumeExpansion', type: 'boolean', value: (o) => o.allowVolumeExpansion === true },
  ageColumn,
];

const ingressHosts = (object: KubeObject): string =>
  objectsIn(fieldAt(object, 'spec', 'rules'))
    .map((r) => textOf(r.host) || '*')
    .join(',') || '*';

const ingressColumns: readonly Column[] = [
  nameColumn,
  textColumn('Class', (o) => textAt(o, 'spec', 'ingressClassName'), { none: '<none>' }),
  textColumn('Hosts', ingressHosts),
  textColumn('Address', (o) =>
    objectsIn(fieldAt(o, 'status', 'loadBalancer', 'ingress'))
      .map((i) => textOf(i.ip) || textOf(i.hostname))
      .join(','),
  ),
  textColumn('Ports', (o) => (objectsIn(fieldAt(o, 'spec', 'tls')).length > 0 ? '80, 443' : '80')),
  ageColumn,
];

const shown = (value: unknown): string => (value === undefined ? 'N/A' : textOf(value) || JSON.stringify(value));

const budgetColumns: readonly Column[] = [
  nameColumn,
  textColumn('Min Available', (o) => shown(fieldAt(o, 'spec', 'minAvailable'))),
  textColumn('Max Unavailable', (o) => shown(fieldAt(o, 'spec', 'maxUnavailable'))),
  { name: 'Allowed Disruptions', type: 'integer', value: (o) => numberAt(o, 'status', 'disruptionsAllowed') },
  ageColumn,
];

const webhookColumns: readonly Column[] = [
  nameColumn,
  { name: 'Webhooks', type: 'integer', value: (o) => objectsIn(o.webhooks).length },
  ageColumn,
];

const networkPolicyColumns: readonly Column[] = [
  nameColumn,
  textColumn(
    'Pod-Selector',
    (o) => {
      const labels = fieldAt(o, 'spec', 'podSelector', 'matchLabels');
      return isObject(labels)
        ? Object.entries(labels)
            .map(([k, v]) => `${k}=${textOf(v)}`)
            .join(',')
        : '';
    },
    { none: '<none>' },
  ),
  ageColumn,
];

/** Everything built in that is neither core nor a workload of `apps`. */
export const platformResources: readonly ResourceDefinition[] = [
  builtIn('batch/v1', 'Job', 'jobs', {
    categories: ['all'],
    status: true,
    strategy: jobStrategy,
    columns: jobColumns,
  }),
  builtIn('batch/v1', 'CronJob', 'cronjobs', {
    shortNames: ['cj'],
    categories: ['all'],
    status: true,
    strategy: cronJobStrategy,
    columns: cronJobColumns,
  }),
  builtIn('coordination.k8s.io/v1', 'Lease', 'leases', {
    strategy: { unconditionalUpdate: false, createOnUpdate: true },
    columns: leaseColumns,
  }),
  builtIn(RBAC, 'Role', 'roles', { strategy: { createOnUpdate: true }, columns: createdColumns }),
  builtIn(RBAC, 'RoleBinding', 'rolebindings', { strategy: bindingStrategy, columns: bindingColumns }),
  builtIn(RBAC, 'ClusterRole', 'clusterroles', {
    clusterScoped: true,
    strategy: { createOnUpdate: true },
    columns: createdColumns,
  }),
  builtIn(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', {
    clusterScoped: true,
    strategy: bindingStrategy,
    columns: bindingColumns,
  }),
  builtIn('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    shortNames: ['pdb'],
    status: true,
    strategy: generation,
    columns: budgetColumns,
  }),
  builtIn('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    shortNames: ['ing'],
    status: true,
    storage: 'ingress',
    strategy: generation,
    columns: ingressColumns,
  }),
  builtIn('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', { clusterScoped: true, strategy: generation }),
  builtIn('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    shortNames: ['netpol'],
    strategy: generation,
    columns: networkPolicyColumns,
  }),
  builtIn('storage.k8s.io/v1', 'StorageClass', 'storageclasses', {
    shortNames: ['sc'],
    clusterScoped: true,
    strategy: storageClassStrategy,
    columns: storageClassColumns,
  }),
  builtIn('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    shortNames: ['pc'],
    clusterScoped: true,
    strategy: {
      applyDefaults: (object) => {
        setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
      },
    },
    columns: [
      nameColumn,
      { name: 'Value', type: 'integer', value: (o) => (typeof o.value === 'number' ? o.value : 0) },
      { name: 'Global-Default', type: 'boolean', value: (o) => o.globalDefault === true },
      ageColumn,
      textColumn('PreemptionPolicy', (o) => textOf(o.preemptionPolicy)),
    ],
  }),
  builtIn('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    categories: ['api-extensions'],
    clusterScoped: true,
    strategy: generation,
    columns: webhookColumns,
  }),
  builtIn('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', {
    categories: ['api-extensions'],
    clusterScoped: true,
    strategy: generation,
    columns: webhookColumns,
  }),
  builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    clusterScoped: true,
    status: true,
    storage: 'apiextensions.k8s.io/customresourcedefinitions',
    strategy: crdStrategy,
    columns: createdColumns,
  }),
];
