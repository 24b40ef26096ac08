import { PLATFORM_NAMESPACE } from '../../kube/index.ts';

/** `Cluster` and the infra cluster are looked up by this literal (naming rules, mode A). */
export const CLUSTER_NAME = 'global';

/** Disaster recovery selects everything else of the `global` cluster by this prefix (mode B). */
export const NAME_PREFIX = 'global-';

export const namespace = PLATFORM_NAMESPACE;

/** `global-<name>`, without doubling a prefix that is already there. */
export function prefixed(name: string): string {
  return name.startsWith(NAME_PREFIX) ? name : `${NAME_PREFIX}${name}`;
}

export const controlPlaneNames = { controlPlane: 'global-kcp', pool: 'global-cp-pool' } as const;

/** The worker pool that carries the names of the guide; every other one is named after itself. */
const guideWorkerPool = 'md-0';

export interface WorkerNames {
  readonly deployment: string;
  readonly pool: string;
  readonly template: string;
  readonly config: string;
}

/** Names of one worker pool's objects. They depend on its name alone, so adding a pool renames nothing. */
export function workerNames(name: string, guide: { template: string; config: string }): WorkerNames {
  const deployment = prefixed(name);
  return name === guideWorkerPool
    ? { deployment, pool: 'global-worker-pool', template: guide.template, config: guide.config }
    : { deployment, pool: `${deployment}-pool`, template: `${deployment}-template`, config: `${deployment}-config` };
}

/**
 * The kind under which an installer request (guide step 8) is among the objects of a lint. It is no Kubernetes object: the reader
 * gives its body this kind, an apiVersion and a name of our own; its fields stand at the root, `['console', 'host']`.
 */
export const INSTALLER_REQUEST = 'InstallerRequest';

/** The name keeps its prefix for every provider (guide step 7). */
export const IMPORT_CONFIG_MAP = 'dcs-import-extra-resources';
