import { GlobalctlError, toGlobalctlError } from '../base/index.ts';
import {
  conditionOf,
  fieldAt,
  textAt,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../kube/index.ts';

/** One success criterion of the guide (section Verification) or a further check, with what was seen. */
export interface Criterion {
  readonly id: 'installer' | 'nodes' | 'pods' | 'base-module' | 'platform-cluster' | 'credentials';
  readonly title: string;
  readonly ok: boolean;
  /** What was observed; said for a pass too. */
  readonly observed: string;
}

export interface InstallerProgress {
  readonly status: string;
  readonly type: string;
}

export interface VerifyOptions {
  /** The new cluster. */
  readonly cluster: KubeClient;
  /** Asks the installer's progress API; throws when it cannot be reached. */
  readonly progress: () => Promise<InstallerProgress>;
  /** Nodes that the site describes: control plane and worker replicas. */
  readonly expectedNodes: number;
  /** Name of the provider's credential Secret, which later scale-outs need in the new cluster. */
  readonly credentialSecret: string;
  /** Whether that Secret is part of what the installer was told to import. */
  readonly credentialImported: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Check = () => Promise<{ ok: boolean; observed: string }>;

/** Looks at every criterion; a look that fails is a criterion that is not met, with the error as what was observed. */
export async function verifyInstallation(options: VerifyOptions): Promise<readonly Criterion[]> {
  const { cluster, signal } = options;
  const checks: readonly { id: Criterion['id']; title: string; check: Check }[] = [
    {
      id: 'installer',
      title: 'Installer reports status Success, type Complete',
      check: async () => {
        const { status, type } = await options.progress();
        return { ok: status === 'Success' && type === 'Complete', observed: `status: ${status}, type: ${type}` };
      },
    },
    { id: 'nodes', title: 'Every node is Ready', check: () => checkNodes(cluster, options.expectedNodes, signal) },
    { id: 'pods', title: `Pods in ${PLATFORM_NAMESPACE} run or completed`, check: () => checkPods(cluster, signal) },
    {
      id: 'base-module',
      title: 'ClusterModule/global reports the base module healthy',
      check: () => checkBaseModule(cluster, signal),
    },
    {
      id: 'platform-cluster',
      title: 'Platform cluster global is running',
      check: () => checkPlatformCluster(cluster, signal),
    },
    ...(options.credentialImported
      ? [
          {
            id: 'credentials' as const,
            title: 'Provider credentials are in the new cluster',
            check: () => checkSecret(cluster, options.credentialSecret, signal),
          },
        ]
      : []),
  ];
  return await Promise.all(
    checks.map(async ({ id, title, check }) => {
      try {
        return { id, title, ...(await check()) };
      } catch (thrown) {
        if (signal?.aborted) throw thrown;
        return { id, title, ok: false, observed: toGlobalctlError(thrown).message };
      }
    }),
  );
}

/** Throws VERIFICATION_FAILED that names every criterion not met. */
export function requireVerified(criteria: readonly Criterion[]): void {
  const failed = criteria.filter((c) => !c.ok);
  if (failed.length === 0) return;
  throw new GlobalctlError('VERIFICATION_FAILED', {
    message: `${String(failed.length)} of ${String(criteria.length)} criteria are not met`,
    found: failed.map((c) => `${c.title}: ${c.observed}`).join('\n'),
  });
}

async function checkNodes(
  cluster: KubeClient,
  expected: number,
  signal?: AbortSignal,
): Promise<{ ok: boolean; observed: string }> {
  const { items } = await cluster.list(resources.nodes, { signal });
  const notReady = items.filter((n) => conditionOf(n, 'Ready')?.status !== 'True').map((n) => n.metadata.name ?? '?');
  const count = `${String(items.length - notReady.length)} of ${String(expected)} nodes Ready`;
  return {
    ok: notReady.length === 0 && items.length === expected,
    observed: notReady.length === 0 ? count : `${count}; not Ready: ${notReady.join(', ')}`,
  };
}

async function checkPods(cluster: KubeClient, signal?: AbortSignal): Promise<{ ok: boolean; observed: string }> {
  const { items } = await cluster.list(resources.pods, { namespace: PLATFORM_NAMESPACE, signal });
  const bad = items.filter((p) => !podIsGood(p)).map((p) => `${p.metadata.name ?? '?'} (${podState(p)})`);
  return {
    ok: items.length > 0 && bad.length === 0,
    observed:
      items.length === 0 ? 'no Pods at all' : bad.length === 0 ? `${String(items.length)} Pods` : bad.join(', '),
  };
}

/** `Running` counts only with every container ready: kubectl shows Running for a Pod that crash-loops between two starts. */
function podIsGood(pod: KubeObject): boolean {
  const phase = fieldAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || (phase === 'Running' && conditionOf(pod, 'Ready')?.status === 'True');
}

function podState(pod: KubeObject): string {
  const statuses = fieldAt(pod, 'status', 'containerStatuses');
  const waiting = Array.isArray(statuses)
    ? statuses.map((s: unknown) => fieldAt(s, 'state', 'waiting', 'reason')).find((r) => typeof r === 'string')
    : undefined;
  const phase = textAt(pod, 'status', 'phase');
  return waiting ?? (phase === 'Running' ? 'not ready' : (phase ?? 'Pending'));
}

async function checkBaseModule(cluster: KubeClient, signal?: AbortSignal): Promise<{ ok: boolean; observed: string }> {
  const module = await cluster.get(resources.clusterModules, { name: 'global' }, signal);
  const status = textAt(module, 'status', 'base', 'deployStatus');
  return { ok: status === 'Completed', observed: `status.base.deployStatus: ${status ?? 'not set'}` };
}

async function checkPlatformCluster(
  cluster: KubeClient,
  signal?: AbortSignal,
): Promise<{ ok: boolean; observed: string }> {
  const object = await cluster.get(resources.tkeClusters, { name: 'global' }, signal);
  const phase = textAt(object, 'status', 'phase');
  return { ok: phase === 'Running', observed: `status.phase: ${phase ?? 'not set'}` };
}

async function checkSecret(
  cluster: KubeClient,
  name: string,
  signal?: AbortSignal,
): Promise<{ ok: boolean; observed: string }> {
  const secret = await cluster.find(resources.secrets, { name, namespace: PLATFORM_NAMESPACE }, signal);
  return {
    ok: secret !== undefined,
    observed: `Secret ${PLATFORM_NAMESPACE}/${name} ${secret ? 'present' : 'missing'}`,
  };
}
