import { stringify } from 'yaml';
import type { Cluster, KubeadmConfigSpec } from '../kit/index.ts';

type Document = Record<string, unknown>;

export interface Discovery {
  readonly apiServerEndpoint: string;
  readonly token: string;
  /** `sha256:` and the digest of the authority's public key. */
  readonly caCertHashes: readonly string[];
}

function isRecord(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** kubeadm v1beta4 (Kubernetes 1.31 and later) writes extra arguments as lists of name and value. */
function withArgumentLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withArgumentLists);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      (key === 'extraArgs' || key === 'kubeletExtraArgs') && isRecord(inner)
        ? [key, Object.entries(inner).map(([name, v]) => ({ name, value: v }))]
        : [key, withArgumentLists(inner)],
    ),
  );
}

function document(kind: string, version: string, fields: Document): Document {
  const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 31);
  const apiVersion = minor >= 31 ? 'kubeadm.k8s.io/v1beta4' : 'kubeadm.k8s.io/v1beta3';
  const body = minor >= 31 ? (withArgumentLists(fields) as Document) : fields;
  return { ...body, apiVersion, kind };
}

function formatDocuments(documents: readonly Document[]): string {
  return documents.map((d) => `---\n${stringify(d, { lineWidth: 0 })}`).join('');
}

/** The documents for the first control plane machine; what the operator left open is taken from the Cluster. */
export function initDocuments(cluster: Cluster, version: string, spec: KubeadmConfigSpec): string {
  const { clusterNetwork, controlPlaneEndpoint } = cluster.spec ?? {};
  const networking = {
    ...(clusterNetwork?.serviceDomain !== undefined && { dnsDomain: clusterNetwork.serviceDomain }),
    ...(clusterNetwork?.pods && { podSubnet: clusterNetwork.pods.cidrBlocks.join(',') }),
    ...(clusterNetwork?.services && { serviceSubnet: clusterNetwork.services.cidrBlocks.join(',') }),
  };
  const stated = spec.clusterConfiguration ?? {};
  const clusterConfiguration = {
    clusterName: cluster.metadata.name ?? '',
    kubernetesVersion: version,
    ...(controlPlaneEndpoint && {
      controlPlaneEndpoint: `${controlPlaneEndpoint.host}:${String(controlPlaneEndpoint.port)}`,
    }),
    ...stated,
    networking: { ...networking, ...(isRecord(stated['networking']) && stated['networking']) },
  };
  return formatDocuments([
    document('ClusterConfiguration', version, clusterConfiguration),
    document('InitConfiguration', version, { localAPIEndpoint: {}, ...spec.initConfiguration }),
  ]);
}

/** The document for a machine that joins; `controlPlane` also makes it an API server and an etcd member. */
export function joinDocument(
  version: string,
  spec: KubeadmConfigSpec,
  discovery: Discovery,
  controlPlane: boolean,
): string {
  const { apiServerEndpoint, token, caCertHashes } = discovery;
  return formatDocuments([
    document('JoinConfiguration', version, {
      ...spec.joinConfiguration,
      ...(controlPlane && { controlPlane: { localAPIEndpoint: {} } }),
      discovery: { bootstrapToken: { apiServerEndpoint, token, caCertHashes } },
    }),
  ]);
}
