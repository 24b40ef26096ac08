import type { Json } from '../api-connection.ts';
import { expectFailure, UNSCHEDULED, type ContractCase, type World } from '../contract-case.ts';
import { expect } from 'vitest';

/** What cannot be changed of an object that exists. */
interface Fixed {
  readonly title: string;
  readonly collection: (w: World) => string;
  readonly object: Json;
  readonly patch: Json;
  readonly field: string;
  /** The end of the message: what is before may be the value as Go prints it. */
  readonly ends: string;
  readonly reason: string;
}

const group =
  (name: string, plural: string, namespaced = true) =>
  (w: World): string =>
    `/apis/${name}/${namespaced ? `namespaces/${w.namespace}/` : ''}${plural}`;
const invalid = 'FieldValueInvalid';
const forbidden = 'FieldValueForbidden';
const container = { name: 'c', image: 'i' };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
const job = { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } };
const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };

const fixed: readonly Fixed[] = [
  {
    title: 'of a StatefulSet the name of its Service is fixed',
    collection: (w) => w.apps('statefulsets'),
    object: { spec: { selector: { matchLabels: { a: 'b' } }, template, serviceName: 'x' } },
    patch: { spec: { serviceName: 'y' } },
    field: 'spec',
    ends: "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    reason: forbidden,
  },
  {
    title: 'of a Job the template is fixed',
    collection: group('batch/v1', 'jobs'),
    object: job,
    patch: { spec: { template: { spec: { containers: [{ ...container, image: 'j' }] } } } },
    field: 'spec.template',
    ends: ': field is immutable',
    reason: invalid,
  },
  {
    title: 'of a Job the completions are fixed',
    collection: group('batch/v1', 'jobs'),
    object: job,
    patch: { spec: { completions: 5 } },
    field: 'spec.completions',
    ends: 'Invalid value: 5: field is immutable',
    reason: invalid,
  },
  {
    title: 'of a Job the completion mode is fixed',
    collection: group('batch/v1', 'jobs'),
    object: job,
    patch: { spec: { completionMode: 'Indexed' } },
    field: 'spec.completionMode',
    ends: 'Invalid value: "Indexed": field is immutable',
    reason: invalid,
  },
  {
    title: 'of a binding the role is fixed',
    collection: group('rbac.authorization.k8s.io/v1', 'rolebindings'),
    object: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' } },
    patch: { roleRef: { name: 'y' } },
    field: 'roleRef',
    ends: 'Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"y"}: cannot change roleRef',
    reason: invalid,
  },
  {
    title: 'of an immutable Secret the data are fixed',
    collection: (w) => w.core('secrets'),
    object: { immutable: true, data: { a: 'YQ==' } },
    patch: { data: { b: 'YQ==' } },
    field: 'data',
    ends: 'Forbidden: field is immutable when `immutable` is set',
    reason: forbidden,
  },
  {
    title: 'an immutable ConfigMap stays immutable',
    collection: (w) => w.core('configmaps'),
    object: { immutable: true },
    patch: { immutable: null },
    field: 'immutable',
    ends: 'Forbidden: field is immutable when `immutable` is set',
    reason: forbidden,
  },
  {
    title: 'a Service does not move to another address',
    collection: (w) => w.core('services'),
    object: { spec: { ports: [{ port: 80 }] } },
    patch: { spec: { clusterIP: 'None' } },
    field: 'spec.clusterIPs[0]',
    ends: 'Invalid value: []string{"None"}: may not change once set',
    reason: invalid,
  },
  {
    title: 'of a StorageClass the provisioner is fixed',
    collection: group('storage.k8s.io/v1', 'storageclasses', false),
    object: { provisioner: 'x' },
    patch: { provisioner: 'y' },
    field: 'provisioner',
    ends: 'Forbidden: updates to provisioner are forbidden.',
    reason: forbidden,
  },
  {
    title: 'of a StorageClass the binding mode is fixed',
    collection: group('storage.k8s.io/v1', 'storageclasses', false),
    object: { provisioner: 'x' },
    patch: { volumeBindingMode: 'WaitForFirstConsumer' },
    field: 'volumeBindingMode',
    ends: 'Invalid value: "WaitForFirstConsumer": field is immutable',
    reason: invalid,
  },
  {
    title: 'of a PriorityClass the value is fixed',
    collection: group('scheduling.k8s.io/v1', 'priorityclasses', false),
    object: { value: 1 },
    patch: { value: 2 },
    field: 'value',
    ends: 'Forbidden: may not be changed in an update.',
    reason: forbidden,
  },
  {
    title: 'to a Pod no container can be added',
    collection: (w) => w.core('pods'),
    object: { spec: { containers: [container] } },
    patch: { spec: { containers: [container, { name: 'd', image: 'i' }] } },
    field: 'spec.containers',
    ends: 'Forbidden: pod updates may not add or remove containers',
    reason: forbidden,
  },
];

const startsOnly: readonly Omit<Fixed, 'ends'>[] = [
  {
    title: 'of a Pod little but images can change',
    collection: (w) => w.core('pods'),
    object: { spec: { containers: [container] } },
    patch: { spec: { nodeName: 'x' } },
    field: 'spec',
    reason: forbidden,
  },
  {
    title: 'of a claim the access modes are fixed',
    collection: (w) => w.core('persistentvolumeclaims'),
    object: claim,
    patch: { spec: { accessModes: ['ReadWriteMany'] } },
    field: 'spec',
    reason: forbidden,
  },
  {
    title: 'a claim that is not bound does not grow',
    collection: (w) => w.core('persistentvolumeclaims'),
    object: claim,
    patch: { spec: { resources: { requests: { storage: '2Gi' } } } },
    field: 'spec',
    reason: forbidden,
  },
];

async function refused(w: World, rule: Omit<Fixed, 'ends'>): Promise<Json> {
  const name = `${w.name()}-${w.namespace}`;
  const path = rule.collection(w);
  await w.given(path, { ...rule.object, metadata: { name } });
  const answer = await w.merge(`${path}/${name}`, rule.patch);
  expectFailure(answer, 422, 'Invalid', { details: { causes: [{ reason: rule.reason, field: rule.field }] } });
  await w.api.call('DELETE', `${path}/${name}`, { propagationPolicy: 'Background' });
  return answer.body;
}

export const immutableFields: readonly ContractCase[] = [
  ...fixed.map((rule) => ({
    title: rule.title,
    run: async (w: World) => {
      expect(await refused(w, rule)).toMatchObject({
        details: { causes: [{ message: expect.stringMatching(endOf(rule.ends)) as string }] },
      });
    },
  })),
  ...startsOnly.map((rule) => ({
    title: rule.title,
    run: async (w: World) => {
      await refused(w, rule);
    },
  })),
  {
    title: 'the image of a Pod can change',
    run: async (w) => {
      const name = w.name();
      // Neither a token's volume nor a node comes in between.
      const spec = { ...UNSCHEDULED, automountServiceAccountToken: false, containers: [container] };
      await w.given(w.core('pods'), { metadata: { name }, spec });
      const answer = await w.merge(w.core('pods', name), { spec: { containers: [{ ...container, image: 'j' }] } });
      expect(answer).toMatchObject({
        code: 200,
        body: { metadata: { generation: 2 }, spec: { containers: [{ image: 'j' }] } },
      });
    },
  },
];

function endOf(text: string): RegExp {
  return new RegExp(`${text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
}
