import { resources } from '../../kube/index.ts';
import type { ReleaseRef } from '../helm/index.ts';
import type { OperatorContext } from './context.ts';
import { decodeRelease, rewriteRecord, type ReleaseRecord } from './release-record.ts';

/** How a release that Helm would refuse, or build on wrongly, is made ready for the next attempt. */
export type Recovery =
  | { readonly action: 'none' }
  /** Finish an uninstallation, or remove an installation that never stood and has hooks: those run only at an install. */
  | { readonly action: 'uninstall' }
  /** Say that the attempt failed: Helm then upgrades from what it left. */
  | { readonly action: 'mark-failed' }
  /** Back to the revision that stood, so that the next upgrade knows every object that there is. */
  | { readonly action: 'rollback'; readonly revision: number };

/** `history` is newest first. */
export function planRecovery(history: readonly ReleaseRecord[]): Recovery {
  const [latest, ...earlier] = history;
  if (!latest) return { action: 'none' };
  if (latest.status === 'uninstalling') return { action: 'uninstall' };
  if (!isPending(latest) && latest.status !== 'failed' && latest.status !== 'unknown') return { action: 'none' };
  const stood =
    earlier.find((record) => record.status === 'deployed') ?? earlier.find((record) => record.status === 'superseded');
  if (stood) return { action: 'rollback', revision: stood.revision };
  if (decodeRelease(latest).hookEvents.some((event) => event.endsWith('-install'))) return { action: 'uninstall' };
  return { action: isPending(latest) ? 'mark-failed' : 'none' };
}

function isPending({ status }: ReleaseRecord): boolean {
  return status.startsWith('pending-');
}

/** Carries a plan out; returns what was done, for people, or undefined. */
export async function recoverRelease(
  context: Pick<OperatorContext, 'client' | 'helm' | 'signal'>,
  release: ReleaseRef,
  options: { readonly history: readonly ReleaseRecord[]; readonly timeoutMs: number },
): Promise<string | undefined> {
  const { client, helm, signal } = context;
  const [latest] = options.history;
  const plan = planRecovery(options.history);
  if (!latest || plan.action === 'none') return undefined;
  const found = `revision ${String(latest.revision)} of ${release.name} was left ${latest.status}`;
  // Helm would leave the revision pending for good, and refuses to touch a release whose newest is.
  if (isPending(latest)) {
    const failed = rewriteRecord(latest, { status: 'failed', description: 'interrupted' });
    await client.replace(resources.secrets, failed, { signal });
  }
  switch (plan.action) {
    case 'uninstall':
      await helm.uninstall(release, { timeoutMs: options.timeoutMs, signal });
      return `${found}; uninstalled it`;
    case 'mark-failed':
      return `${found}; it goes on from there`;
    case 'rollback':
      await helm.rollback(release, plan.revision, { timeoutMs: options.timeoutMs, signal });
      return `${found}; rolled back to revision ${String(plan.revision)}`;
  }
}
