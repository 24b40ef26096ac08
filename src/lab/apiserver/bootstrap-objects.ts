import { isKubeReason, type KubeObject } from '../../kube/index.ts';
import { bootstrapRoles } from './auth/bootstrap-roles.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { ResourceRegistry } from './resource-registry.ts';
import type { WriteRequest } from './write-request.ts';

/** Namespaces, priority classes, roles and the API server's own Service: what every cluster has from its first minute. */
export async function ensureBootstrapObjects(options: {
  readonly registry: ResourceRegistry;
  readonly writer: ObjectWriter;
  /** Cluster IP of the Service `kubernetes`. */
  readonly serverIp: string;
  /** PEM of the authority by whose certificates clients are known. */
  readonly clientCaPem: string;
}): Promise<void> {
  const { registry, writer, serverIp, clientCaPem } = options;
  const objects = [
    ...namespaces(),
    ...priorityClasses(),
    ...bootstrapRoles(),
    kubernetesService(serverIp),
    authenticationConfigMap(clientCaPem),
  ];
  for (const object of objects) await ensure(registry, writer, object);
}

const request: WriteRequest = {
  user: { username: 'system:apiserver', groups: ['system:masters'] },
  dryRun: false,
  fieldManager: 'kube-apiserver',
  fieldValidation: 'Ignore',
  warnings: [],
};

async function ensure(registry: ResourceRegistry, writer: ObjectWriter, object: KubeObject): Promise<void> {
  const [group = '', version = ''] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion];
  const definition = registry.ofKind(group, version, object.kind);
  if (!definition) return;
  try {
    await writer.create({ definition, version, namespace: object.metadata.namespace }, object, request);
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
  }
}

function namespaces(): KubeObject[] {
  return ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
}

function priorityClasses(): KubeObject[] {
  const classes = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 };
  return Object.entries(classes).map(([name, value]) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description: 'Used for system critical pods.',
  }));
}

function kubernetesService(clusterIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP, ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
  };
}

/** Where extension API servers and metrics endpoints learn whose certificates to trust. */
function authenticationConfigMap(clientCaPem: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: { 'client-ca-file': clientCaPem },
  };
}
