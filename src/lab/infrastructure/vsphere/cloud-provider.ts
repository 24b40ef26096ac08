import {
  resources,
  runController,
  type KubeClient,
  type KubeObject,
  type ReconcileResult,
} from '../../../kube/index.ts';
import type { Node, Secret } from '../../capi/index.ts';
import type { Program, ProgramContext } from '../../program.ts';
import { iaasService, type Iaas } from '../iaas/index.ts';

const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const NAMESPACE = 'kube-system';
const RETRY_MS = 10_000;

export interface CloudConfig {
  readonly server: string;
  readonly secretName: string;
  readonly secretNamespace: string;
  readonly datacenters: readonly string[];
}

/** Reads `vsphere.conf` in its INI form; undefined when it names no vCenter. */
export function parseCloudConfig(text: string): CloudConfig | undefined {
  const server = /^\[VirtualCenter "([^"]+)"\]/m.exec(text)?.[1];
  const value = (key: string): string => new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, 'm').exec(text)?.[1] ?? '';
  if (server === undefined) return undefined;
  const datacenters = value('datacenters')
    .split(',')
    .map((d) => d.trim())
    .filter((d) => d !== '');
  return { server, secretName: value('secret-name'), secretNamespace: value('secret-namespace'), datacenters };
}

/** Why the credentials in the cluster do not open this vCenter; undefined when they do. */
async function credentialFault(client: KubeClient, config: CloudConfig): Promise<string | undefined> {
  const ref = { name: config.secretName, namespace: config.secretNamespace };
  const secret = await client.find<Secret>(resources.secrets, ref);
  if (!secret) return `secrets "${ref.name}" not found`;
  const missing = ['username', 'password'].filter((key) => (secret.data?.[`${config.server}.${key}`] ?? '') === '');
  return missing.length === 0
    ? undefined
    : `secret ${ref.namespace}/${ref.name} has no ${missing.join(' and no ')} for ${config.server}`;
}

/** The file that the kubelet mounts from the ConfigMap `cloud-config`: read with the kubelet's rights, not the Pod's. */
async function mountedConfig(context: ProgramContext, iaas: Iaas): Promise<string | undefined> {
  const formed = iaas.clusters.all().find(({ cluster }) => cluster.name === context.clusterName);
  const map = await formed?.cluster.adminClient.find<KubeObject & { data?: Record<string, string> }>(
    resources.configMaps,
    {
      name: 'cloud-config',
      namespace: NAMESPACE,
    },
  );
  return map?.data?.['vsphere.conf'];
}

/** Finds a node's machine by its guest host name within the datacenters that the configuration lists, and names it. */
async function initializeNode(
  client: KubeClient,
  iaas: Iaas,
  config: CloudConfig,
  name: string,
): Promise<string | undefined> {
  const node = await client.find<Node>(resources.nodes, { name });
  if (!node) return undefined;
  const taints = node.spec?.taints ?? [];
  if (node.spec?.providerID !== undefined && !taints.some((t) => t.key === UNINITIALIZED)) return undefined;
  const vm = iaas
    .all()
    .find(
      (v) =>
        v.request.hardware.hostname === name &&
        v.addressesReported &&
        config.datacenters.includes(v.request.placement ?? ''),
    );
  if (!vm) return `failed to find VM of node ${name} in datacenters ${config.datacenters.join(', ')}`;
  await client.patch(
    resources.nodes,
    { name },
    {
      type: 'merge',
      body: {
        metadata: { resourceVersion: node.metadata.resourceVersion },
        spec: {
          ...(node.spec?.providerID === undefined && { providerID: `vsphere://${vm.id}` }),
          taints: taints.filter((t) => t.key !== UNINITIALIZED),
        },
      },
    },
  );
  return undefined;
}

/** The cloud controller manager that a ClusterResourceSet delivers: gives nodes their provider ID and lifts their taint. */
export const cloudProviderProgram: Program = {
  image: 'ait/cloud-provider-vsphere',
  async run(context) {
    const iaas = context.services.get(iaasService);
    const { client, clock, signal } = context;
    const reconcile = async (name: string): Promise<ReconcileResult> => {
      const text = await mountedConfig(context, iaas);
      const config = text === undefined ? undefined : parseCloudConfig(text);
      const fault = config ? await credentialFault(client, config) : 'vsphere.conf names no VirtualCenter';
      const problem = config && fault === undefined ? await initializeNode(client, iaas, config, name) : fault;
      if (problem === undefined) return;
      context.log(problem);
      return { requeueAfterMs: RETRY_MS };
    };
    await runController({
      name: 'cloud-node-controller',
      client,
      clock,
      signal,
      watches: [{ resource: resources.nodes }],
      reconcile: ({ name }) => reconcile(name),
      backoffMs: 500,
      onError: (key, error) => context.log(`node ${key}: ${error.message}`),
      onSynced: () => context.markReady(),
    });
  },
};
