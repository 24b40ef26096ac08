import { expect } from 'vitest';
import type { Json } from '../api-connection.ts';
import { at, type ContractCase, type World } from '../contract-case.ts';

/** What the server makes of the least that can be written of a kind. */
interface Defaults {
  readonly title: string;
  readonly collection: (w: World) => string;
  readonly object: Json;
  readonly becomes: Json;
}

const inGroup =
  (group: string, plural: string) =>
  (w: World): string =>
    `/apis/${group}/namespaces/${w.namespace}/${plural}`;
const clusterWide = (group: string, plural: string) => (): string => `/apis/${group}/${plural}`;
const core =
  (plural: string) =>
  (w: World): string =>
    w.core(plural);

const container = { name: 'c', image: 'nginx' };
const selector = { matchLabels: { a: 'b' } };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
const filledTemplate = {
  metadata: { creationTimestamp: null, labels: { a: 'b' } },
  spec: {
    containers: [
      {
        ...container,
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'Always',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
};
const hook = {
  name: 'a.example.com',
  clientConfig: { service: { name: 'x', namespace: 'y' } },
  rules: [{ apiGroups: ['none.example.com'], apiVersions: ['*'], operations: ['CREATE'], resources: ['none'] }],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};

const defaults: readonly Defaults[] = [
  {
    title: 'a ReplicaSet prints its replicas, even none',
    collection: (w) => w.apps('replicasets'),
    object: { spec: { selector, template } },
    becomes: { spec: { replicas: 1, template: filledTemplate }, status: { replicas: 0 } },
  },
  {
    title: 'a DaemonSet counts its template and prints four numbers',
    collection: (w) => w.apps('daemonsets'),
    object: { spec: { selector, template } },
    becomes: {
      metadata: { annotations: { 'deprecated.daemonset.template.generation': '1' }, generation: 1 },
      spec: {
        revisionHistoryLimit: 10,
        template: filledTemplate,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    },
  },
  {
    title: 'a StatefulSet gets its strategy, its retention and whole claims',
    collection: (w) => w.apps('statefulsets'),
    object: {
      spec: {
        selector,
        // Its containers may mount what only its Pods have.
        template: {
          ...template,
          spec: { containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] },
        },
        serviceName: 's',
        volumeClaimTemplates: [
          {
            metadata: { name: 'v' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
          },
        ],
      },
    },
    becomes: {
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        volumeClaimTemplates: [
          {
            kind: 'PersistentVolumeClaim',
            apiVersion: 'v1',
            metadata: { name: 'v', creationTimestamp: null },
            spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
            status: { phase: 'Pending' },
          },
        ],
      },
      status: { replicas: 0, availableReplicas: 0 },
    },
  },
  {
    title: 'a Job without numbers is one Pod',
    collection: inGroup('batch/v1', 'jobs'),
    object: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
    becomes: {
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        manualSelector: false,
      },
      status: {},
    },
  },
  {
    title: 'a CronJob gets its limits, and its template a Job has',
    collection: inGroup('batch/v1', 'cronjobs'),
    object: {
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } },
      },
    },
    becomes: {
      spec: {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { creationTimestamp: null },
          spec: { template: { spec: { dnsPolicy: 'ClusterFirst' } } },
        },
      },
      status: {},
    },
  },
  {
    title: 'a ReplicationController selects by the labels of its template, and takes them',
    collection: core('replicationcontrollers'),
    object: { spec: { template } },
    becomes: { metadata: { labels: { a: 'b' } }, spec: { replicas: 1, selector: { a: 'b' } }, status: { replicas: 0 } },
  },
  {
    title: 'a Service with client affinity gets a timeout',
    collection: core('services'),
    object: { spec: { sessionAffinity: 'ClientIP', ports: [{ port: 80 }] } },
    becomes: {
      spec: {
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    },
  },
  {
    title: 'a headless Service without a selector is of both families',
    collection: core('services'),
    object: { spec: { clusterIP: 'None' } },
    becomes: { spec: { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['None'] } },
  },
  {
    title: 'an EndpointSlice names its ports, and prints conditions',
    collection: inGroup('discovery.k8s.io/v1', 'endpointslices'),
    object: { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] },
    becomes: { endpoints: [{ conditions: {} }], ports: [{ name: '', protocol: 'TCP', port: 80 }] },
  },
  {
    title: 'a claim is pending, of a file system, and protected',
    collection: core('persistentvolumeclaims'),
    object: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    becomes: {
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    },
  },
  {
    title: 'a volume is pending, retained and protected',
    collection: () => '/api/v1/persistentvolumes',
    object: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } },
    becomes: {
      metadata: { finalizers: ['kubernetes.io/pv-protection'] },
      spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', hostPath: { path: '/x', type: '' } },
      status: { phase: 'Pending' },
    },
  },
  {
    title: 'a StorageClass deletes, and binds at once',
    collection: clusterWide('storage.k8s.io/v1', 'storageclasses'),
    object: { provisioner: 'x' },
    becomes: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  },
  {
    title: 'a CSIDriver gets its flags',
    collection: clusterWide('storage.k8s.io/v1', 'csidrivers'),
    object: { spec: {} },
    becomes: {
      spec: {
        attachRequired: true,
        podInfoOnMount: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: ['Persistent'],
      },
    },
  },
  {
    title: 'a PriorityClass pre-empts',
    collection: clusterWide('scheduling.k8s.io/v1', 'priorityclasses'),
    object: { value: 10 },
    becomes: { metadata: { generation: 1 }, preemptionPolicy: 'PreemptLowerPriority' },
  },
  {
    title: 'a NetworkPolicy is for what it has rules of',
    collection: inGroup('networking.k8s.io/v1', 'networkpolicies'),
    object: { spec: { podSelector: {}, egress: [{ ports: [{ port: 80 }] }] } },
    becomes: { spec: { policyTypes: ['Ingress', 'Egress'], egress: [{ ports: [{ port: 80, protocol: 'TCP' }] }] } },
  },
  {
    title: 'a validating webhook fails closed after ten seconds',
    collection: clusterWide('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'),
    object: { webhooks: [hook] },
    becomes: {
      webhooks: [
        {
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          timeoutSeconds: 10,
          clientConfig: { service: { port: 443 } },
          rules: [{ scope: '*' }],
        },
      ],
    },
  },
  {
    title: 'a mutating webhook is not called again',
    collection: clusterWide('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations'),
    object: { webhooks: [hook] },
    becomes: { webhooks: [{ reinvocationPolicy: 'Never', failurePolicy: 'Fail' }] },
  },
  {
    title: 'a LimitRange derives defaults from its maximum',
    collection: core('limitranges'),
    // For persistent claims, so that it limits no other case's Pods.
    object: { spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '1024Gi' } }] } },
    becomes: { spec: { limits: [{ max: { storage: '1Ti' } }] } },
  },
  {
    title: 'a ClusterRole without rules prints null',
    collection: clusterWide('rbac.authorization.k8s.io/v1', 'clusterroles'),
    object: { rules: [] },
    becomes: { rules: null },
  },
  {
    title: 'the group of a role and of a user is the only one that there is',
    collection: inGroup('rbac.authorization.k8s.io/v1', 'rolebindings'),
    object: { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'User', name: 'a' }] },
    becomes: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'a' }],
    },
  },
];

export const strategyDefaults: readonly ContractCase[] = defaults.map(({ title, collection, object, becomes }) => ({
  title,
  run: async (w) => {
    const name = `${w.name()}-${w.namespace}`;
    const path = collection(w);
    const { metadata, ...rest } = object;
    const created = await w.given(path, { ...rest, metadata: { name, ...(metadata as Json | undefined) } });
    expect(created).toMatchObject(becomes);
    // What is read is what was answered, but for a status that controllers have written since.
    const { status: _, ...lasting } = becomes;
    expect(await w.get(`${path}/${name}`)).toMatchObject(lasting);
    expect(at(created, 'metadata', 'name')).toBe(name);
    await w.api.call('DELETE', `${path}/${name}`);
  },
}));
