import type { ErrorCode } from '../../base/index.ts';
import type { App } from '../app.ts';
import type { LiveGap } from './live.ts';

/** Warns of what an account may not list, so that no finding is not taken for nothing to find. */
export function sayGaps(app: App, gaps: readonly LiveGap[], limited: readonly ErrorCode[] = []): void {
  if (gaps.length === 0) return;
  for (const line of new Set(gaps.map(gapText))) app.note(`warning: ${line}`);
  if (limited.length > 0)
    app.note(`warning: these rules look at what was not read and said nothing, or not all: ${limited.join(', ')}`);
  app.note('  cure: give the account the verb list on these resources, or name another with --kubeconfig or --context');
}

function gapText({ resource, namespace, seenIn }: LiveGap): string {
  if (seenIn !== undefined)
    return `the account may list ${resource} in ${seenIn} only; those of other namespaces were not looked at`;
  return `the account may not list ${resource}${namespace === undefined ? '' : ` in ${namespace}`}; they were not looked at`;
}
