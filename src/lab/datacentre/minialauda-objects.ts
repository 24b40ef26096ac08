import {
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';

interface BootstrapContent {
  readonly crds: readonly KubeObject[];
  readonly kubernetesVersion: string;
  readonly registryLogin: { readonly username: string; readonly password: string } | undefined;
  readonly registryAddresses: readonly string[];
  /** TLS and a token, in place of the guide's plain HTTP. */
  readonly installerTls: boolean;
}

/** What the vendor's setup script leaves in the management cluster. Existing objects are left as they are. */
export async function applyBootstrapObjects(client: KubeClient, content: BootstrapContent): Promise<void> {
  await create(client, resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: PLATFORM_NAMESPACE, labels: { 'kubernetes.io/metadata.name': PLATFORM_NAMESPACE } },
  });
  await Promise.all([
    ...content.crds.map((crd) => create(client, resources.customResourceDefinitions, crd)),
    ...accounts().map(([resource, object]) => create(client, resource, object)),
    ...(content.registryLogin ? [create(client, resources.secrets, registryAuth(content))] : []),
  ]);
  await Promise.all(workloads(content).map(([resource, object]) => create(client, resource, object)));
}

async function create(client: KubeClient, resource: Resource, object: KubeObject): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
  }
}

/** Dockerconfig of every address under which the embedded registry is known. */
function registryAuth({ registryLogin, registryAddresses }: BootstrapContent): KubeObject {
  const { username = '', password = '' } = registryLogin ?? {};
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const auths = Object.fromEntries(registryAddresses.map((address) => [address, { username, password, auth }]));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'global-registry-auth', namespace: PLATFORM_NAMESPACE },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
  };
}

/** The platform's own components administer the whole cluster. */
function accounts(): [Resource, KubeObject][] {
  return ['capi-manager', 'base-operator', 'cpaas-installer'].flatMap((name): [Resource, KubeObject][] => [
    [
      resources.serviceAccounts,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: PLATFORM_NAMESPACE } },
    ],
    [
      resources.clusterRoleBindings,
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `${PLATFORM_NAMESPACE}-${name}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name, namespace: PLATFORM_NAMESPACE }],
      },
    ],
  ]);
}

interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly account?: string;
  readonly port?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly hostNetwork?: boolean;
}

function template(workload: Workload): { selector: unknown; template: unknown } {
  const labels = workload.labels ?? { app: workload.name };
  return {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        ...(workload.account !== undefined && { serviceAccountName: workload.account }),
        ...(workload.hostNetwork === true && { hostNetwork: true }),
        tolerations: [{ operator: 'Exists' }],
        containers: [
          {
            name: workload.name,
            image: workload.image,
            imagePullPolicy: 'IfNotPresent',
            ...(workload.args && { args: workload.args }),
            ...(workload.port !== undefined && { ports: [{ containerPort: workload.port }] }),
          },
        ],
      },
    },
  };
}

function deployment(workload: Workload): [Resource, KubeObject] {
  const { name, namespace, labels, replicas = 1 } = workload;
  return [
    resources.deployments,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels: labels ?? { app: name } },
      spec: { replicas, ...template(workload) },
    },
  ];
}

function daemonSet(workload: Workload): [Resource, KubeObject] {
  const { name, namespace, labels } = workload;
  return [
    resources.daemonSets,
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name, namespace, labels: labels ?? { app: name } },
      spec: template(workload),
    },
  ];
}

function workloads({ kubernetesVersion, installerTls }: BootstrapContent): [Resource, KubeObject][] {
  const installerPort = installerTls ? 8443 : 8080;
  return [
    // What a KIND node brings.
    daemonSet({ name: 'kindnet', namespace: 'kube-system', image: 'kindest/kindnetd:v20250512', hostNetwork: true }),
    daemonSet({
      name: 'kube-proxy',
      namespace: 'kube-system',
      image: `kube-proxy:${kubernetesVersion}`,
      labels: { 'k8s-app': 'kube-proxy' },
      hostNetwork: true,
    }),
    deployment({
      name: 'coredns',
      namespace: 'kube-system',
      image: 'coredns:v1.12.0',
      labels: { 'k8s-app': 'kube-dns' },
      replicas: 2,
    }),
    // What the setup script installs.
    deployment({
      name: 'capi-controller-manager',
      namespace: PLATFORM_NAMESPACE,
      image: 'ait/cluster-api-controller:v1.9.11',
      labels: { 'cluster.x-k8s.io/provider': 'cluster-api', 'control-plane': 'controller-manager' },
      // Without the gate a ClusterResourceSet delivers nothing, and the vSphere cloud provider never arrives.
      args: ['--leader-elect', '--feature-gates=ClusterResourceSet=true,MachinePool=true'],
      account: 'capi-manager',
      port: 9443,
    }),
    deployment({
      name: 'base-operator',
      namespace: PLATFORM_NAMESPACE,
      image: 'ait/base-operator:v4.2.0',
      account: 'base-operator',
    }),
    deployment({
      name: 'cpaas-installer',
      namespace: PLATFORM_NAMESPACE,
      image: 'ait/cpaas-installer:v4.2.0',
      // The guide's form: its callers know no token, and the endpoint is on the KIND network alone.
      args: installerTls ? [] : ['--plain-http'],
      labels: { service_name: 'cpaas-installer' },
      account: 'cpaas-installer',
      port: installerPort,
    }),
    [
      resources.services,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'cpaas-installer', namespace: PLATFORM_NAMESPACE },
        spec: {
          selector: { service_name: 'cpaas-installer' },
          ports: [{ name: installerTls ? 'https' : 'http', port: installerPort, targetPort: installerPort }],
        },
      },
    ],
  ];
}
