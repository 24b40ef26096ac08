import { isGlobalctlError, toGlobalctlError, type Clock } from '../../base/index.ts';
import { Mirror, readCheckpoint, type MirrorEvent } from '../../etcd/index.ts';
import { proveSecrets, type SecretsVerdict } from './canary.ts';
import { checkSides, checkText, type CheckResult } from './check.ts';
import { ClusterSelection } from './cluster-selection.ts';
import { CHECKPOINT_KEY, type EtcdSyncConfig } from './config.ts';
import { copyStages, ownersOf } from './copy-plan.ts';
import { closeGate } from './gate.ts';
import { scopeHasSecrets, scopeOf, selectionRules, type SelectionRules } from './rules.ts';
import { isDue } from './primary-access.ts';
import type { Connections, Sides } from './sides.ts';
import type { SyncState } from './state.ts';
import type { SyncLog } from './sync-log.ts';

/** Before another try after the work ended with an error. */
const RETRY_MS = 5000;
/** Between two trials of Secrets that the standby could not read. */
const TRIAL_MS = 60_000;
/** So many troubles in a row, which back-off spreads over some ten seconds, are reason for new connections. */
const PATIENCE = 8;
const RENEWAL_LOOK_MS = 3_600_000;
/** Secrets come in groups: one trial for all. */
const GROUP_MS = 200;
/** Below this no comparison in full asks before it deletes; above it, half of what is mirrored is too much. */
const DELETIONS = { keys: 100, share: 0.5 } as const;
const MINUTE_MS = 60_000;

export interface LeaderParts {
  readonly config: EtcdSyncConfig;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly state: SyncState;
  readonly log: SyncLog;
}

/** The work of the replica that holds the Lease, for one term: ends only with it. */
export async function lead({ config, clock, connections, state, log }: LeaderParts, term: AbortSignal): Promise<void> {
  state.leads = true;
  try {
    while (!term.aborted) {
      try {
        const sides = await connections.open(term);
        state.expiresMs = connections.expiresMs;
        await new Work({ config, clock, connections, state, log }, sides).run(term);
        state.failure = undefined;
      } catch (thrown) {
        if (term.aborted) return;
        const error = toGlobalctlError(thrown);
        state.failure = error;
        log.write('ERROR', `${error.code}: ${error.message}: ${error.hint}`);
        await connections.forget({ renew: false });
        await clock.sleep(RETRY_MS, term).catch(() => undefined);
      }
    }
  } finally {
    state.leads = false;
  }
}

/** One mirror, with the Secrets if they are proven; ends without an error when that verdict changes. */
class Work {
  readonly #parts: LeaderParts;
  readonly #sides: Sides;
  #onHeldSecret: () => void = () => undefined;

  constructor(parts: LeaderParts, sides: Sides) {
    this.#parts = parts;
    this.#sides = sides;
  }

  async run(term: AbortSignal): Promise<void> {
    const { config, clock, state, log } = this.#parts;
    const { source, sourceId, target } = this.#sides;
    const epoch = await closeGate(config.client, clock.now(), term);
    const verdict = await this.#prove(term);
    this.#tell(verdict);
    const rules = selectionRules({ ...config, secrets: verdict.state === 'proven' });
    const end = new AbortController();
    const signal = AbortSignal.any([term, end.signal]);
    let failures = 0;
    let onFollowing: () => void = () => undefined;
    const following = new Promise<void>((resolve) => (onFollowing = resolve));
    const mirror = new Mirror({
      ...{ source, sourceId, target, checkpointKey: CHECKPOINT_KEY, holder: config.identity, clock, signal },
      ...{ epoch, scope: scopeOf(rules) },
      selectAt: (side, revision, inner) => this.#selectAt(side, revision, rules, inner),
      stages: () => Promise.resolve(copyStages()),
      ownersOf,
      deletionLimit: config.acceptDeletions === true ? undefined : DELETIONS,
      progress: state.progress,
      onEvent: (event) => {
        const [severity, text] = told(event);
        log.write(severity, text);
        if (event.type === 'trouble') {
          failures++;
          // The address or the authority of the primary may be another: connections are made anew.
          if (failures >= PATIENCE && state.progress.phase === 'waiting') end.abort(event.error);
        }
        if (event.type !== 'following') return;
        failures = 0;
        state.failure = undefined;
        onFollowing();
      },
    });
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const checks = Promise.race([following, stopped]).then(() => this.#keepChecking(mirror, signal));
    const trials = this.#watchSecrets(verdict, signal).then((changed) => {
      if (changed) end.abort();
    });
    const renewal = this.#awaitRenewal(signal).then(() => end.abort());
    try {
      await mirror.run();
    } finally {
      end.abort();
      await Promise.all([checks, trials, renewal]);
    }
    if (!term.aborted && isGlobalctlError(end.signal.reason)) throw end.signal.reason;
  }

  /** Until the client certificate is to be replaced, or the signal aborts. Never rejects. */
  async #awaitRenewal(signal: AbortSignal): Promise<void> {
    const { clock, connections } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(RENEWAL_LOOK_MS, signal).catch(() => undefined);
      if (signal.aborted || !isDue(connections.expiresMs ?? Infinity, clock.now())) continue;
      await connections.forget({ renew: true });
      return;
    }
  }

  #selectAt(
    side: 'source' | 'target',
    revision: number,
    rules: SelectionRules,
    signal: AbortSignal,
  ): Promise<ClusterSelection> {
    if (side === 'target') return ClusterSelection.at(this.#sides.target, { revision, rules, signal });
    const onHeldSecret = (): void => this.#onHeldSecret();
    return ClusterSelection.at(this.#sides.source, { revision, rules, onHeldSecret, signal });
  }

  async #prove(signal: AbortSignal): Promise<SecretsVerdict> {
    const { config, connections } = this.#parts;
    const { source, target } = this.#sides;
    const rules = selectionRules({ ...config, secrets: true });
    try {
      return await proveSecrets({
        ...{ source, target, rules, signal },
        ...{ primaryApi: connections.api, standbyApi: config.client },
      });
    } catch (thrown) {
      const error = toGlobalctlError(thrown);
      if (signal.aborted || !error.code.startsWith('KUBE_')) throw thrown;
      // Everything else goes on without the API; a proof that was given holds until it can be given again.
      const { checkpoint } = await readCheckpoint(target, CHECKPOINT_KEY);
      return checkpoint !== undefined && scopeHasSecrets(checkpoint.scope)
        ? { state: 'proven', secret: 'what was tried before' }
        : { state: 'held', reason: `nothing can be tried: ${error.message}` };
    }
  }

  #tell(verdict: SecretsVerdict): void {
    const { state, log } = this.#parts;
    state.secrets = verdict;
    if (verdict.state === 'held') log.write('ERROR', `Secrets are held back: ${verdict.reason}`);
    else if (verdict.state === 'proven')
      log.write('INFO', `Secrets are synchronised: the standby reads ${verdict.secret} as the primary does`);
    else log.write('INFO', 'no Secret of a workload cluster is there yet');
  }

  /** Tries the Secrets again when there is reason to. Resolves with true when they may take part from now on. Never rejects. */
  async #watchSecrets(verdict: SecretsVerdict, signal: AbortSignal): Promise<boolean> {
    const { clock, log, state } = this.#parts;
    if (verdict.state === 'proven') return false;
    while (!signal.aborted) {
      try {
        await this.#reasonToTry(state.secrets.state === 'held', signal);
        const next = await this.#prove(signal);
        if (next.state === 'proven') return true;
        if (JSON.stringify(next) !== JSON.stringify(state.secrets)) this.#tell(next);
      } catch (error) {
        if (signal.aborted) break;
        log.write('WARN', `the Secrets cannot be tried: ${toGlobalctlError(error).message}`);
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
    return false;
  }

  /** Waits until a Secret comes by that would take part, and then for those that come with it; or for some time. */
  async #reasonToTry(held: boolean, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const enough = new AbortController();
    const came = new Promise<void>((resolve) => (this.#onHeldSecret = resolve));
    const both = AbortSignal.any([signal, enough.signal]);
    const slept = clock.sleep(TRIAL_MS, both).catch(() => undefined);
    await (held ? slept : Promise.race([came, slept]));
    enough.abort();
    signal.throwIfAborted();
    await clock.sleep(GROUP_MS, signal);
  }

  /** Checks both sides, puts right what went missing while nobody watched, and looks again from time to time. Never rejects. */
  async #keepChecking(mirror: Mirror, signal: AbortSignal): Promise<void> {
    const { config, clock, log } = this.#parts;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        const result = await this.#check(signal);
        const gone = [...result.missed, ...result.unlike];
        if (isFirst && gone.length > 0) {
          await mirror.repair(gone.map((key) => Buffer.from(key, 'utf8')));
          log.write('INFO', `${String(gone.length)} keys were put right`);
          await this.#check(signal);
        }
        isFirst = false;
      } catch (error) {
        if (signal.aborted) return;
        log.write('WARN', `the sides cannot be compared: ${toGlobalctlError(error).message}`);
      }
      await clock.sleep((config.checkIntervalMinutes ?? 1) * MINUTE_MS, signal).catch(() => undefined);
    }
  }

  async #check(signal: AbortSignal): Promise<CheckResult> {
    const { config, clock, state, log } = this.#parts;
    const { source, target } = this.#sides;
    const rules = selectionRules({ ...config, secrets: true });
    const result = await checkSides({ source, target, rules, clock, signal });
    const { missed, surplus, unlike } = result.counts;
    const wasConsistent = state.lastCheck?.consistent;
    state.lastCheck = result;
    if (result.consistent && wasConsistent === true) return result;
    const counts = `missed keys ${String(missed)}, surplus keys ${String(surplus)}, other values ${String(unlike)}`;
    log.write(result.consistent ? 'INFO' : 'WARN', `check of ${String(result.keys)} keys: ${counts}`);
    if (config.detail === true) for (const line of checkText(result).trim().split('\n')) log.write('INFO', line);
    return result;
  }
}

const REASONS = {
  first: 'for the first time',
  compacted: 'because the primary forgot the revision of the checkpoint',
  unfinished: 'because an earlier comparison did not end',
  scope: 'because other objects are selected than before',
} as const;

function told(event: MirrorEvent): readonly ['INFO' | 'WARN', string] {
  switch (event.type) {
    case 'copying':
      return ['INFO', `comparing both sides at revision ${String(event.revision)} ${REASONS[event.because]}`];
    case 'copied':
      return [
        'INFO',
        `${String(event.keys)} keys at revision ${String(event.revision)}: ${String(event.written)} written, ${String(event.deleted)} deleted, ${String(event.left)} of the standby left alone`,
      ];
    case 'following':
      // The line that runbooks look for.
      return ['INFO', `Start Sync update from revision ${String(event.revision)}`];
    case 'trouble':
      return ['WARN', `${event.error.code}: ${event.error.message}`];
  }
}
