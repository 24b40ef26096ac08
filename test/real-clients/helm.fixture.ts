import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files of a chart by their paths; `Chart.yaml` is made. */
export async function writeChart(
  folder: string,
  chart: { readonly name: string; readonly version?: string; readonly files: Readonly<Record<string, string>> },
): Promise<void> {
  const { name, version = '0.1.0', files } = chart;
  const all = { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\nappVersion: "1"\n`, ...files };
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), content);
  }
}

/** A chart with a workload, configuration, a custom resource definition and notes. */
export const DEMO_FILES: Readonly<Record<string, string>> = {
  'values.yaml': 'greeting: hello\nimage: nginx:1\nreplicas: 1\n',
  'templates/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
`,
  'templates/workload.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: main, image: {{ .Values.image | quote }} }] }
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: { app: {{ .Release.Name }} }
  ports: [{ port: 80 }]
`,
  'templates/NOTES.txt': 'Say {{ .Values.greeting }} to {{ .Release.Name }}.\n',
  'crds/things.yaml': `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things, kind: Thing }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`,
};

/** A Job that runs as a hook: `lab/worker` ends well, `lab/failing` does not. */
export function hookJob(options: {
  readonly name: string;
  readonly hook: string;
  readonly image: string;
  readonly weight?: number;
  readonly deletePolicy?: string;
}): string {
  const { name, hook, image, weight = 0, deletePolicy } = options;
  return `
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: ${hook}
    helm.sh/hook-weight: "${String(weight)}"
${deletePolicy === undefined ? '' : `    helm.sh/hook-delete-policy: ${deletePolicy}\n`}spec:
  backoffLimit: 0
  template:
    spec: { restartPolicy: Never, containers: [{ name: main, image: "${image}" }] }
`;
}
