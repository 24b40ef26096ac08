import { resources, type KubeObject } from '../../kube/index.ts';
import { conditions, define, list, moment, open, record, text, whole } from './definition.ts';

/** ModuleInfo (`cluster.alauda.io/v1alpha1`, plural `moduleinfoes`): one module wanted on one cluster, in one version. */
export const moduleInfoCrd: KubeObject = define({
  resource: resources.moduleInfoes,
  spec: record({ version: text, config: open }),
  status: record({
    phase: text,
    version: text,
    observedGeneration: whole,
    conditions,
    /** The AppRelease that carries the module. */
    appRelease: record({ namespace: text, name: text }),
    reason: text,
  }),
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.metadata.labels.cpaas\\.io/cluster-name' },
    { name: 'Module', type: 'string', jsonPath: '.metadata.labels.cpaas\\.io/module-name' },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  ],
});

/** ModulePlugin (`cluster.alauda.io/v1alpha1`): a module that the platform can install: its charts and default values. */
export const modulePluginCrd: KubeObject = define({
  resource: resources.modulePlugins,
  spec: record(
    {
      name: text,
      version: text,
      /** `plugin` for what users choose, `product` for what the installer request names. */
      type: text,
      description: text,
      charts: {
        ...list(
          record({ name: { ...text, minLength: 1 }, releaseName: text, version: { ...text, minLength: 1 } }, [
            'name',
            'version',
          ]),
        ),
        minItems: 1,
      },
      values: open,
      /** `host:port` of the registry with the charts, and the Secret with its login. */
      repoURL: text,
      chartPullSecret: text,
      /** Names of modules that must be healthy first. */
      dependencies: list(text),
    },
    ['charts'],
  ),
  status: record({ latestVersion: text, conditions }),
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Version', type: 'string', jsonPath: '.spec.version' },
  ],
});

const deployment = record({
  deployStatus: text,
  deployedVersion: text,
  reason: text,
  lastTransitionTime: moment,
});

/**
 * ClusterModule (`cluster.alauda.io/v1alpha2`): the modules of one cluster and how they are. Pages about workload clusters
 * read `.status.base.deployStatus` = `Completed`; the guide has people read the conditions when it is not healthy.
 */
export const clusterModuleCrd: KubeObject = define({
  resource: resources.clusterModules,
  spec: record({ version: text }),
  status: record({
    version: text,
    observedGeneration: whole,
    base: deployment,
    addons: list(
      record({ name: text, deployStatus: text, deployedVersion: text, reason: text, lastTransitionTime: moment }, [
        'name',
      ]),
    ),
    conditions,
  }),
  columns: [
    { name: 'Base', type: 'string', jsonPath: '.status.base.deployStatus' },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
  ],
});

/** The platform's own record of a cluster (`clusters.platform.tkestack.io`). */
export const platformClusterCrd: KubeObject = define({
  resource: resources.tkeClusters,
  spec: record({
    displayName: text,
    type: text,
    version: text,
    clusterCIDR: text,
    serviceCIDR: text,
    networkType: text,
    features: open,
    properties: open,
  }),
  status: record({
    phase: text,
    version: text,
    reason: text,
    message: text,
    conditions,
    addresses: list(record({ type: text, host: text, port: whole, path: text })),
  }),
  columns: [
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    { name: 'Status', type: 'string', jsonPath: '.status.phase' },
  ],
});
