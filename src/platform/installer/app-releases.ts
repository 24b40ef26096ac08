import {
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import type { PhaseContext } from './phase.ts';
import { hasRegistryLogin } from './platform-values.ts';
import { REGISTRY_AUTH_SECRET } from './payload.ts';
import type { InstallerRequest } from './request.ts';

export interface WantedRelease {
  readonly name: string;
  readonly charts: readonly { readonly name: string; readonly releaseName: string; readonly targetRevision: string }[];
  readonly values: unknown;
  readonly timeoutSeconds?: number | undefined;
}

/** An AppRelease in the shape of the guide's step 3, from the platform registry. */
export function appReleaseOf(wanted: WantedRelease, request: InstallerRequest): KubeObject {
  const login = hasRegistryLogin(request) ? { chartPullSecret: REGISTRY_AUTH_SECRET } : {};
  return {
    apiVersion: 'operator.alauda.io/v1alpha1',
    kind: 'AppRelease',
    metadata: {
      name: wanted.name,
      namespace: PLATFORM_NAMESPACE,
      annotations: { 'auto-recycle': 'true', 'interval-sync': 'true' },
    },
    spec: {
      destination: { cluster: '', namespace: '' },
      source: { ...login, charts: wanted.charts, repoURL: request.registry.domain },
      timeout: wanted.timeoutSeconds ?? 120,
      values: wanted.values,
    },
  };
}

/** Whether all charts are installed in the revision that is wanted. */
export function isInstalled(release: KubeObject): boolean {
  const wanted = fieldAt(release, 'spec', 'source', 'charts');
  const reported = fieldAt(release, 'status', 'charts');
  if (!Array.isArray(wanted) || !Array.isArray(reported)) return false;
  return (wanted as unknown[]).every((chart) =>
    (reported as unknown[]).some(
      (status) =>
        fieldAt(status, 'name') === fieldAt(chart, 'name') &&
        fieldAt(status, 'phase') === 'Success' &&
        fieldAt(status, 'installedRevision') === fieldAt(chart, 'targetRevision'),
    ),
  );
}

/** Whether the operator reports a failure; it tries again by itself. */
function hasFailed(release: KubeObject): boolean {
  return fieldAt(release, 'status', 'phase') === 'Failed';
}

/** How a release stands, for people. */
export function describeRelease(release: KubeObject): string {
  const text = (...path: (string | number)[]): string | undefined => {
    const value = fieldAt(release, ...path);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const phase = text('status', 'charts', 0, 'phase') ?? text('status', 'phase') ?? 'not begun';
  const reason = text('status', 'lastError') ?? text('status', 'charts', 0, 'message');
  return `AppRelease ${release.metadata.name ?? '?'}: ${phase}${reason === undefined ? '' : ` (${reason})`}`;
}

/** Applies releases to the new cluster and waits until its operator has installed all of them. */
export async function installReleases(
  context: PhaseContext,
  target: KubeClient,
  releases: readonly KubeObject[],
): Promise<void> {
  const { signal } = context;
  for (const release of releases) await target.apply(resources.appReleases, release, { force: true, signal });
  const names = new Set(releases.map((r) => `${PLATFORM_NAMESPACE}/${r.metadata.name ?? ''}`));
  await watchUntil(target, resources.appReleases, { namespace: PLATFORM_NAMESPACE, signal }, (store) => {
    const open = [...names].filter((name) => {
      const release = store.get(name);
      return release === undefined || !isInstalled(release);
    });
    if (open.length === 0) return true;
    const [first = ''] = open;
    context.advanced(undefined, 1 - open.length / names.size);
    const failed = open.map((name) => store.get(name)).find((release) => release && hasFailed(release));
    const release = store.get(first);
    if (failed) context.blocked(describeRelease(failed));
    else context.waiting(release ? describeRelease(release) : `AppRelease ${first} does not exist yet`);
    return undefined;
  });
  context.log(`installed: ${releases.map((r) => r.metadata.name).join(', ')}`);
}
