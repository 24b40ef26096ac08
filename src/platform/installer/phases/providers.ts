import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject } from '../../../kube/index.ts';
import { appReleaseOf, installReleases, type WantedRelease } from '../app-releases.ts';
import type { Phase, PhaseContext } from '../phase.ts';
import { payloadCharts } from '../payload.ts';
import { platformValues, providerReleases, registryValues } from '../platform-values.ts';
import { chartVersion, findNewestTag, platformRegistry } from '../registries.ts';

const CORE_LABEL = 'cluster.x-k8s.io/provider';
const CORE_PROVIDER = 'cluster-api';

/** The controllers of the imported objects: Cluster API core and the same provider releases as in the source. */
export const providersPhase: Phase = {
  id: 'providers',
  title: 'Install the Cluster API providers',
  weight: 12,
  run: async (context) => {
    const { request, source, signal } = context;
    const { client: target } = await context.target();
    const present = await providerReleases(source, signal);
    const core = await coreRelease(context, present);
    if (core === undefined) await carryCoreManager(context, target);
    const wanted = [...(core === undefined ? [] : [core]), ...present.map((release) => carried(release, context))];
    await installReleases(
      context,
      target,
      wanted.map((w) => appReleaseOf(w, request)),
    );
  },
};

/** Cluster API core as a chart, when the registry has it. */
async function coreRelease(
  { config, request, signal }: PhaseContext,
  present: readonly KubeObject[],
): Promise<WantedRelease | undefined> {
  const { chart, release } = payloadCharts.clusterApi;
  const registry = platformRegistry(config, request);
  try {
    const tag = await findNewestTag(registry, chart, signal);
    if (tag === undefined) return undefined;
    const charts = [{ name: chart, releaseName: release, targetRevision: chartVersion(tag) }];
    return { name: release, charts, values: platformValues(request, present) };
  } finally {
    await registry.close();
  }
}

/** A provider's release as the source has it, from the platform registry. */
function carried(release: KubeObject, { request }: PhaseContext): WantedRelease {
  const charts = fieldAt(release, 'spec', 'source', 'charts') as WantedRelease['charts'];
  const values = (fieldAt(release, 'spec', 'values') ?? {}) as { global?: Record<string, unknown> };
  const timeout = fieldAt(release, 'spec', 'timeout');
  return {
    name: release.metadata.name ?? '',
    charts,
    values: { ...values, global: { ...values.global, registry: registryValues(request) } },
    ...(typeof timeout === 'number' && { timeoutSeconds: timeout }),
  };
}

/**
 * Without a chart for it, the core manager goes over as the source runs it: its Deployment, its account, and the rights of a
 * cluster administrator, which it needs to own objects of every kind.
 */
async function carryCoreManager({ source, signal, log }: PhaseContext, target: KubeClient): Promise<void> {
  const namespace = PLATFORM_NAMESPACE;
  const { items } = await source.list(resources.deployments, {
    namespace,
    labelSelector: `${CORE_LABEL}=${CORE_PROVIDER}`,
    signal,
  });
  for (const { metadata, spec } of items) {
    const { name = '', labels } = metadata;
    const account = fieldAt(spec, 'template', 'spec', 'serviceAccountName');
    if (typeof account === 'string') {
      const objects: [Parameters<KubeClient['apply']>[0], KubeObject][] = [
        [
          resources.serviceAccounts,
          { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
        ],
        [
          resources.clusterRoleBindings,
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'ClusterRoleBinding',
            metadata: { name: `${namespace}-${account}` },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
            subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
          },
        ],
      ];
      for (const [resource, object] of objects) await target.apply(resource, object, { force: true, signal });
    }
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, ...(labels && { labels }) },
      spec,
    };
    await target.apply(resources.deployments, deployment, { force: true, signal });
    log(`Deployment ${name} (Cluster API core) carried over`);
  }
}
