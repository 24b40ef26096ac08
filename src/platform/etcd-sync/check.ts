import { type Clock } from '../../base/index.ts';
import { compareMirror, readCheckpoint, type Comparison, type KeyValueStore } from '../../etcd/index.ts';
import { ClusterSelection } from './cluster-selection.ts';
import { CHECKPOINT_KEY } from './config.ts';
import { checkRanges } from './copy-plan.ts';
import { scopeHasSecrets, type SelectionRules } from './rules.ts';

/** How long a check waits for the standby to show what the primary is at. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 100;

/** What a check found. */
export interface CheckResult extends Comparison {
  readonly time: string;
  /** Neither missed nor surplus keys, and no other values. */
  readonly consistent: boolean;
  /** The primary's revision when the check began; `sourceRevision` reaches it unless the standby is behind. */
  readonly askedRevision: number;
  /** Whether Secrets were compared: they take part once they are proven readable on both sides. */
  readonly withSecrets: boolean;
}

/**
 * Compares both sides: the primary as it was when the check began, or later, and the standby as it shows that. Throws
 * MIRROR_NOT_READY before the first copy is complete, and what a side throws that does not answer.
 */
export async function checkSides(options: {
  readonly source: KeyValueStore;
  readonly target: KeyValueStore;
  readonly rules: SelectionRules;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<CheckResult> {
  const { source, target, clock, signal } = options;
  let withSecrets = false;
  const time = new Date(clock.now()).toISOString();
  const asked = (await source.range({ key: CHECKPOINT_KEY, countOnly: true })).revision;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const { checkpoint } = await readCheckpoint(target, CHECKPOINT_KEY);
    withSecrets = checkpoint !== undefined && scopeHasSecrets(checkpoint.scope);
    if (checkpoint !== undefined && checkpoint.copying === undefined && checkpoint.revision >= asked) break;
    await clock.sleep(LOOK_MS, signal);
  }
  const rules = { ...options.rules, secrets: withSecrets };
  const comparison = await compareMirror({
    ...{ source, target, checkpointKey: CHECKPOINT_KEY, signal },
    selectAt: (side, revision, inner) =>
      ClusterSelection.at(side === 'source' ? source : target, { revision, rules, signal: inner }),
    ranges: () => Promise.resolve(checkRanges()),
  });
  const { missed, surplus, unlike } = comparison.counts;
  return { ...comparison, time, askedRevision: asked, withSecrets, consistent: missed + surplus + unlike === 0 };
}

/** The result for people, and for the runbooks that look for its headings. */
export function checkText(result: CheckResult): string {
  const { counts, missed, surplus, unlike, askedRevision, sourceRevision } = result;
  const list = (title: string, count: number, keys: readonly string[]): string[] => [
    `${title}: ${String(count)}`,
    ...keys.map((key) => `  ${key}`),
    ...(count > keys.length ? [`  and ${String(count - keys.length)} more`] : []),
  ];
  const behind = sourceRevision < askedRevision ? `, behind the primary's present ${String(askedRevision)}` : '';
  return [
    `checked ${String(result.keys)} keys at ${result.time}: primary revision ${String(sourceRevision)}${behind}, standby revision ${String(result.targetRevision)}`,
    ...(result.withSecrets ? [] : ['Secrets are not compared: they are not synchronised']),
    ...list('LOCAL ETCD missed keys', counts.missed, missed),
    ...list('LOCAL ETCD surplus keys', counts.surplus, surplus),
    ...list('LOCAL ETCD keys with other values', counts.unlike, unlike),
    '',
  ].join('\n');
}
