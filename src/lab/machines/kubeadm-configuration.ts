import { parseAllDocuments } from 'yaml';

export interface NodeRegistration {
  readonly name?: string | undefined;
  readonly taints?:
    readonly { key: string; value?: string; effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }[] | undefined;
  readonly kubeletArgs: Readonly<Record<string, string>>;
}

export interface HostPathMount {
  readonly hostPath: string;
  readonly mountPath: string;
}

export interface InitConfiguration {
  readonly action: 'init';
  readonly clusterName: string;
  readonly kubernetesVersion: string;
  /** `host:port` */
  readonly controlPlaneEndpoint: string;
  readonly podSubnet: string;
  readonly serviceSubnet: string;
  readonly apiServerArgs: Readonly<Record<string, string>>;
  readonly apiServerVolumes: readonly HostPathMount[];
  readonly apiServerSans: readonly string[];
  readonly etcdServerSans: readonly string[];
  readonly node: NodeRegistration;
}

export interface JoinConfiguration {
  readonly action: 'join';
  readonly controlPlane: boolean;
  readonly apiServerEndpoint: string;
  readonly token: string;
  readonly caCertHashes: readonly string[];
  readonly node: NodeRegistration;
}

type Fields = Record<string, unknown>;

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
}

/** A map (v1beta3) or a list of name and value (v1beta4). */
function args(value: unknown): Record<string, string> {
  if (Array.isArray(value))
    return Object.fromEntries(value.map((v) => [text(record(v)['name']), text(record(v)['value'])]));
  return Object.fromEntries(Object.entries(record(value)).map(([k, v]) => [k, text(v)]));
}

function registration(value: unknown): NodeRegistration {
  const fields = record(value);
  const name = text(fields['name']);
  return {
    ...(name !== '' && { name }),
    ...(Array.isArray(fields['taints']) && { taints: fields['taints'] as NonNullable<NodeRegistration['taints']> }),
    kubeletArgs: args(fields['kubeletExtraArgs']),
  };
}

/** Reads kubeadm's documents; undefined when they hold neither an InitConfiguration nor a JoinConfiguration. */
export function parseKubeadmConfiguration(content: string): InitConfiguration | JoinConfiguration | undefined {
  const documents = new Map<string, Fields>();
  for (const document of parseAllDocuments(content)) {
    const fields = record(document.toJS());
    documents.set(text(fields['kind']), fields);
  }
  const join = documents.get('JoinConfiguration');
  if (join) {
    const token = record(record(join['discovery'])['bootstrapToken']);
    return {
      action: 'join',
      controlPlane: join['controlPlane'] !== undefined,
      apiServerEndpoint: text(token['apiServerEndpoint']),
      token: text(token['token']),
      caCertHashes: list(token['caCertHashes']).map(text),
      node: registration(join['nodeRegistration']),
    };
  }
  const init = documents.get('InitConfiguration');
  const cluster = documents.get('ClusterConfiguration') ?? {};
  if (!init) return undefined;
  const apiServer = record(cluster['apiServer']);
  const networking = record(cluster['networking']);
  return {
    action: 'init',
    clusterName: text(cluster['clusterName']),
    kubernetesVersion: text(cluster['kubernetesVersion']),
    controlPlaneEndpoint: text(cluster['controlPlaneEndpoint']),
    podSubnet: text(networking['podSubnet']),
    serviceSubnet: text(networking['serviceSubnet']),
    apiServerArgs: args(apiServer['extraArgs']),
    apiServerVolumes: list(apiServer['extraVolumes']).map((v) => ({
      hostPath: text(record(v)['hostPath']),
      mountPath: text(record(v)['mountPath']),
    })),
    apiServerSans: list(apiServer['certSANs']).map(text),
    etcdServerSans: list(record(record(cluster['etcd'])['local'])['serverCertSANs']).map(text),
    node: registration(init['nodeRegistration']),
  };
}
