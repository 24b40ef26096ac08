import { z } from 'zod';
import type { KubeObject } from '../../kube/index.ts';

/** Labels of a ModuleInfo (the guide's disaster recovery page uses them for the etcd synchronizer). */
export const moduleLabels = {
  cluster: 'cpaas.io/cluster-name',
  module: 'cpaas.io/module-name',
  type: 'cpaas.io/module-type',
} as const;

export interface ModuleChart {
  readonly name: string;
  readonly releaseName?: string | undefined;
  readonly version: string;
}

export interface ModulePluginContent {
  readonly name: string;
  readonly type: 'product' | 'plugin';
  readonly charts: readonly ModuleChart[];
  readonly values: Readonly<Record<string, unknown>>;
  /** `host:port` of the registry that holds the charts. */
  readonly repoURL: string;
  readonly chartPullSecret?: string | undefined;
  readonly dependencies: readonly string[];
}

/** A ModulePlugin: what a module consists of. */
export function modulePluginFor(content: ModulePluginContent): KubeObject {
  const { charts, ...rest } = content;
  return {
    apiVersion: 'cluster.alauda.io/v1alpha1',
    kind: 'ModulePlugin',
    metadata: {
      name: content.name,
      labels: { [moduleLabels.module]: content.name, [moduleLabels.type]: content.type },
    },
    spec: { ...rest, version: charts[0]?.version ?? '', charts },
  };
}

/** A ModuleInfo: a module that is wanted on a cluster. */
export function moduleInfoFor(content: {
  readonly cluster: string;
  readonly module: string;
  readonly type: 'product' | 'plugin';
  readonly version: string;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}): KubeObject {
  const { cluster, module, type, version, config } = content;
  return {
    apiVersion: 'cluster.alauda.io/v1alpha1',
    kind: 'ModuleInfo',
    metadata: {
      name: `${cluster}-${module}`,
      labels: { [moduleLabels.cluster]: cluster, [moduleLabels.module]: module, [moduleLabels.type]: type },
    },
    spec: { version, ...(config && { config }) },
  };
}

const pluginSchema = z.object({
  version: z.string().optional(),
  charts: z.array(z.object({ name: z.string(), releaseName: z.string().optional(), version: z.string() })).min(1),
  values: z.record(z.string(), z.unknown()).default({}),
  repoURL: z.string().min(1),
  chartPullSecret: z.string().optional(),
  dependencies: z.array(z.string()).default([]),
});

export type ModulePluginSpec = z.infer<typeof pluginSchema>;

/** The spec of a ModulePlugin, or what is wrong with it. */
export function readPlugin(plugin: KubeObject): ModulePluginSpec | string {
  const parsed = pluginSchema.safeParse(plugin['spec']);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((i) => `spec.${i.path.join('.')}: ${i.message}`).join('; ');
}

export interface ModuleRef {
  readonly cluster: string;
  readonly module: string;
}

/** Which module on which cluster a ModuleInfo is about; undefined without the labels. */
export function moduleOf(info: KubeObject): ModuleRef | undefined {
  const cluster = info.metadata.labels?.[moduleLabels.cluster];
  const module = info.metadata.labels?.[moduleLabels.module];
  return cluster === undefined || module === undefined ? undefined : { cluster, module };
}
