import { stringify } from 'yaml';
import type { KubeObject } from '../../kube/index.ts';
import { createChartArchive, chartArtifact, type Artifact, type TarFile } from '../../pack/index.ts';

/** One Deployment or DaemonSet of a sample chart. */
export interface ChartWorkload {
  readonly kind?: 'Deployment' | 'DaemonSet';
  readonly name: string;
  /** Repository of its image below the registry of `values.global.registry.address`. */
  readonly image: string;
  readonly tag: string;
  readonly args?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly hostNetwork?: boolean;
  /** Environment of the container: templates of values, or a key of a Secret. */
  readonly env?: Readonly<Record<string, string | { readonly secret: string; readonly key: string }>>;
  /** Controllers administer the cluster: they get a ServiceAccount bound to cluster-admin. */
  readonly controller?: boolean;
}

export interface SampleChart {
  /** Repository: `ait/chart-cluster-api-provider-dcs`. */
  readonly repository: string;
  readonly version: string;
  readonly description: string;
  readonly crds?: readonly KubeObject[];
  readonly workloads: readonly ChartWorkload[];
  /** Further templates, by file name. */
  readonly templates?: Readonly<Record<string, string>>;
}

/** What the guide's values block says of the registry; the rest of the block is not read by the sample charts. */
const DEFAULT_VALUES = { global: { replicas: 1, registry: { address: '', imagePullSecrets: [] } } };

/** Builds the chart as an OCI artifact: CRDs below `crds/`, templates that follow the guide's values block. */
export async function sampleChart(chart: SampleChart): Promise<Artifact> {
  const name = chart.repository.slice(chart.repository.lastIndexOf('/') + 1);
  const files: TarFile[] = [
    ...(chart.crds ?? []).map((crd) => ({ path: `crds/${crd.metadata.name ?? ''}.yaml`, content: stringify(crd) })),
    ...chart.workloads.map((workload) => ({
      path: `templates/${workload.name}.yaml`,
      content: workloadTemplate(workload),
    })),
    ...Object.entries(chart.templates ?? {}).map(([file, content]) => ({ path: `templates/${file}`, content })),
  ];
  const archive = await createChartArchive({
    name,
    version: chart.version,
    appVersion: chart.version,
    description: chart.description,
    values: DEFAULT_VALUES,
    files,
  });
  return chartArtifact(chart.repository, archive);
}

/** Labels are JSON in flow style: YAML reads them, and no indentation has to be kept. */
function workloadTemplate(workload: ChartWorkload): string {
  const { kind = 'Deployment', name, image, tag, args, hostNetwork, controller } = workload;
  const namespace = workload.namespace ?? '{{ .Release.Namespace }}';
  const labels = JSON.stringify(workload.labels ?? { app: name });
  const lines = [
    'apiVersion: apps/v1',
    `kind: ${kind}`,
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    `  labels: ${labels}`,
    'spec:',
    ...(kind === 'Deployment' ? ['  replicas: {{ .Values.global.replicas | default 1 }}'] : []),
    '  selector:',
    `    matchLabels: ${labels}`,
    '  template:',
    '    metadata:',
    `      labels: ${labels}`,
    '    spec:',
    ...(controller ? [`      serviceAccountName: ${name}`] : []),
    ...(hostNetwork ? ['      hostNetwork: true'] : []),
    '      tolerations:',
    '        - operator: Exists',
    '      {{- with .Values.global.registry.imagePullSecrets }}',
    '      imagePullSecrets:',
    '        {{- range . }}',
    '        - name: {{ . }}',
    '        {{- end }}',
    '      {{- end }}',
    '      containers:',
    `        - name: ${name}`,
    `          image: "{{ with .Values.global.registry.address }}{{ . }}/{{ end }}${image}:${tag}"`,
    '          imagePullPolicy: IfNotPresent',
    ...(args ? [`          args: ${JSON.stringify(args)}`] : []),
    ...(workload.env ? ['          env:', ...envLines(workload.env)] : []),
  ];
  return `${[...lines, ...(controller ? accountLines(name, namespace) : [])].join('\n')}\n`;
}

/** A template quotes its own value. */
function envLines(env: NonNullable<ChartWorkload['env']>): string[] {
  return Object.entries(env).flatMap(([name, value]) => [
    `            - name: ${name}`,
    typeof value === 'string'
      ? `              value: ${value}`
      : `              valueFrom: {"secretKeyRef":{"name":"${value.secret}","key":"${value.key}"}}`,
  ]);
}

function accountLines(name: string, namespace: string): string[] {
  return [
    '---',
    'apiVersion: v1',
    'kind: ServiceAccount',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRoleBinding',
    'metadata:',
    `  name: ${namespace}-${name}`,
    'roleRef:',
    '  apiGroup: rbac.authorization.k8s.io',
    '  kind: ClusterRole',
    '  name: cluster-admin',
    'subjects:',
    '  - kind: ServiceAccount',
    `    name: ${name}`,
    `    namespace: ${namespace}`,
  ];
}
