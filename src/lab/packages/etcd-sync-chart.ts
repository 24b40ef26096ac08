import type { SampleChart } from './templates.ts';

const NAME = 'etcd-sync';
const REPOSITORY = 'ait/chart-etcd-sync';
/** The name that newer releases of the plugin give it. */
const TOKEN = 'etcd-sync-active-cluster-token';
const MONITOR_PORT = 8080;

/**
 * The etcd synchronizer as a plugin of the platform: what the config of its ModuleInfo says (guide, disaster recovery) reaches its
 * Pods, and Service `etcd-sync-monitor` leads to its check.
 */
export function etcdSyncChart(version: string): SampleChart {
  return {
    repository: REPOSITORY,
    version,
    description: 'Sample of the etcd synchronizer',
    workloads: [
      {
        name: NAME,
        image: 'ait/etcd-sync',
        tag: version,
        labels: { app: NAME },
        controller: true,
        env: {
          ACTIVE_CLUSTER_VIP: '{{ .Values.active_cluster_vip | quote }}',
          ACTIVE_CLUSTER_TOKEN: { secret: TOKEN, key: 'token' },
          MONITOR_CHECK_INTERVAL: '{{ .Values.monitor_check_interval | default 1 | quote }}',
          DETAIL: '{{ .Values.detail | default false | quote }}',
        },
      },
    ],
    templates: {
      // The config has it in base64, as a Secret does.
      'token.yaml': [
        'apiVersion: v1',
        'kind: Secret',
        'metadata:',
        `  name: ${TOKEN}`,
        '  namespace: {{ .Release.Namespace }}',
        'data:',
        '  token: {{ .Values.active_cluster_token | quote }}',
        '',
      ].join('\n'),
      'etcd-sync-monitor.yaml': [
        'apiVersion: v1',
        'kind: Service',
        'metadata:',
        '  name: etcd-sync-monitor',
        '  namespace: {{ .Release.Namespace }}',
        `  labels: {"app":"${NAME}"}`,
        'spec:',
        `  selector: {"app":"${NAME}"}`,
        '  ports:',
        '    - name: http',
        '      port: 80',
        `      targetPort: ${String(MONITOR_PORT)}`,
        '',
      ].join('\n'),
    },
  };
}

/** What tells the platform of the plugin; the platform's own chart carries it, with the values that it was installed with. */
export function etcdSyncPlugin(version: string): Readonly<Record<string, string>> {
  return {
    'etcd-sync-plugin.yaml': [
      'apiVersion: cluster.alauda.io/v1alpha1',
      'kind: ModulePlugin',
      'metadata:',
      `  name: ${NAME}`,
      `  labels: {"cpaas.io/module-name":"${NAME}","cpaas.io/module-type":"plugin"}`,
      'spec:',
      `  name: ${NAME}`,
      '  type: plugin',
      `  version: "${version}"`,
      `  charts: [{"name":"${REPOSITORY}","releaseName":"${NAME}","version":"${version}"}]`,
      '  repoURL: {{ .Values.global.registry.address | quote }}',
      '  {{- with .Values.global.registry.imagePullSecrets }}',
      '  chartPullSecret: {{ first . | quote }}',
      '  {{- end }}',
      '  dependencies: ["base"]',
      '  values:',
      '    global: {{ .Values.global | toJson }}',
      '',
    ].join('\n'),
  };
}
