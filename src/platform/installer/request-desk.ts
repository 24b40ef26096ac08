import { randomUUID } from 'node:crypto';
import { withDeadline } from '../../base/index.ts';
import { isKubeReason } from '../../kube/index.ts';
import { certificateFindings } from './certificates/request-certificate.ts';
import type { CompleteConfig } from './config.ts';
import type { InstallerLog } from './log.ts';
import { pendingRecord, type Phase } from './phase.ts';
import { lookAtPlace } from './place.ts';
import { progressOf } from './progress.ts';
import { parseRequest, type InstallerRequest, type RequestFault } from './request.ts';
import {
  loadSeal,
  readState,
  record,
  writeState,
  type InstallerState,
  type StateView,
  type StoredState,
} from './state/index.ts';

export type SubmitAnswer =
  | { readonly outcome: 'accepted'; readonly warnings: readonly RequestFault[] }
  | { readonly outcome: 'invalid'; readonly faults: readonly RequestFault[] }
  | { readonly outcome: 'busy'; readonly message: string; readonly running: InstallerState };

/** Less than the half minute for which clients wait. */
const SUBMIT_LIMIT_MS = 20_000;

/**
 * Takes requests, in any replica: one is accepted when its conditional write into the state stands. Whoever holds the Lease
 * sees it there and works on it.
 */
export class RequestDesk {
  readonly #config: CompleteConfig;
  readonly #phases: readonly Phase[];
  readonly #log: InstallerLog;
  readonly #view: StateView;

  constructor(options: {
    readonly config: CompleteConfig;
    readonly phases: readonly Phase[];
    readonly log: InstallerLog;
    readonly view: StateView;
  }) {
    this.#config = options.config;
    this.#phases = options.phases;
    this.#log = options.log;
    this.#view = options.view;
  }

  /**
   * `faults` are those that showed before the body was looked into. Throws what the API server throws, and DEADLINE_EXCEEDED when it
   * does not answer in time.
   */
  async submit(body: { readonly value: unknown; readonly faults: readonly RequestFault[] }): Promise<SubmitAnswer> {
    const parsed = parseRequest(body.value);
    const { clock: wallClock, upkeepClock: clock, signal } = this.#config;
    if (!parsed.ok || body.faults.length > 0) {
      const certificate = await certificateFindings(body.value, { nowMs: wallClock.now() });
      const ofForm = parsed.ok ? [] : parsed.faults;
      return { outcome: 'invalid', faults: [...body.faults, ...ofForm, ...certificate.faults] };
    }
    return await withDeadline(
      { clock, timeoutMs: SUBMIT_LIMIT_MS, what: 'keeping the request in the cluster', signal },
      (limit) => this.#decide(parsed.request, limit),
    );
  }

  async #decide(request: InstallerRequest, signal: AbortSignal): Promise<SubmitAnswer> {
    const { client, clock } = this.#config;
    const seal = await loadSeal(client, signal);
    const fingerprint = seal.fingerprint(request);
    let checked: { readonly faults: readonly RequestFault[]; readonly warnings: readonly RequestFault[] } | undefined;
    for (;;) {
      const stored = await readState(client, signal);
      if (stored?.state.fingerprint === fingerprint) return { outcome: 'accepted', warnings: [] };
      checked ??= await this.#check(request, signal);
      if (checked.faults.length > 0) return { outcome: 'invalid', faults: checked.faults };
      if (stored && !isOpenToAnother(stored.state)) return busy(stored.state);
      const requestId = randomUUID();
      const state = this.#accepted({ requestId, fingerprint, before: stored, nowMs: clock.now() });
      const sealed = seal.seal(request, requestId);
      try {
        const written = await writeState(client, { state, sealed }, stored, signal);
        this.#log.write('INFO', 'installer', `request accepted: products ${request.product.join(', ')}`);
        for (const { pointer, message } of checked.warnings)
          this.#log.write('WARN', 'installer', `${pointer} ${message}`);
        this.#view.offer(written.state, written.uid);
        return { outcome: 'accepted', warnings: checked.warnings };
      } catch (error) {
        // Somebody wrote in between: look again at what stands.
        if (!isKubeReason(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
      }
    }
  }

  async #check(
    request: InstallerRequest,
    signal: AbortSignal,
  ): Promise<{ readonly faults: RequestFault[]; readonly warnings: RequestFault[] }> {
    const { client, clock, bootstrapRegistry } = this.#config;
    const { faults, vips } = await lookAtPlace({ request, client, bootstrapRegistry, signal });
    const certificate = await certificateFindings(request, { nowMs: clock.now(), vips });
    return { faults: [...faults, ...certificate.faults], warnings: certificate.warnings };
  }

  #accepted(options: {
    readonly requestId: string;
    readonly fingerprint: string;
    readonly before: StoredState | undefined;
    readonly nowMs: number;
  }): InstallerState {
    const { requestId, fingerprint, before, nowMs } = options;
    const acceptedAt = new Date(nowMs).toISOString();
    const state: InstallerState = {
      format: 1,
      generation: (before?.state.generation ?? 0) + 1,
      term: 0,
      revision: 0,
      runId: '',
      requestId,
      fingerprint,
      acceptedAt,
      percentage: 0,
      phases: this.#phases.map(pendingRecord),
      // The numbers of events go on, so that readers who come back miss none.
      journal: [...(before?.state.journal ?? [])],
    };
    record(state, { time: acceptedAt, type: 'accepted', message: 'a request was accepted' });
    return state;
  }
}

/** A request that gets nowhere may be corrected; one that makes progress, or is through, is not disturbed. */
function isOpenToAnother(state: InstallerState): boolean {
  return progressOf(state).status === 'Stalled';
}

function busy(running: InstallerState): SubmitAnswer {
  const message =
    running.completedAt === undefined
      ? 'another request is being worked on'
      : 'the installation is complete; it was done with another request';
  return { outcome: 'busy', message, running };
}
