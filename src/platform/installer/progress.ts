import type { InstallerState, PhaseRecord } from './state/index.ts';

/** What `GET /cpaas-installer/api/progress` answers. Finished is `status: Success` with `type: Complete` (guide step 9). */
export interface ProgressBody {
  readonly status: 'Idle' | 'Running' | 'Stalled' | 'Success';
  readonly type: 'Idle' | 'Install' | 'Complete';
  /** Title of the phase that runs. */
  readonly step: string;
  /** 0 to 100; never falls while a request is worked on. */
  readonly percentage: number;
  readonly message?: string | undefined;
  readonly lastError?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly phases: readonly PhaseProgress[];
}

export type PhaseProgress = Omit<PhaseRecord, 'weight'>;

export function progressOf(state: InstallerState | undefined): ProgressBody {
  if (state === undefined) return { status: 'Idle', type: 'Idle', step: '', percentage: 0, phases: [] };
  const { acceptedAt: startedAt, completedAt: endedAt, percentage } = state;
  const phases = state.phases.map(shown);
  if (endedAt !== undefined)
    return { status: 'Success', type: 'Complete', step: 'Complete', percentage, startedAt, endedAt, phases };
  const current = phases.find((p) => p.state !== 'Done') ?? phases[phases.length - 1];
  return {
    status: current?.state === 'Stalled' ? 'Stalled' : 'Running',
    type: 'Install',
    step: current?.title ?? '',
    percentage,
    ...(current?.message !== undefined && { message: current.message }),
    ...(current?.lastError !== undefined && { lastError: current.lastError }),
    startedAt,
    phases,
  };
}

function shown({ weight: _, ...phase }: PhaseRecord): PhaseProgress {
  return {
    ...phase,
    ...(phase.message !== undefined && { message: harmless(phase.message) }),
    ...(phase.lastError !== undefined && { lastError: harmless(phase.lastError) }),
  };
}

/**
 * The product's own script looks for the words `Success` and `Failed` anywhere in the body and takes them for the end. Words
 * that come from elsewhere (an error's text) must not end it.
 */
export function harmless(text: string): string {
  return text.replaceAll('Success', 'success').replaceAll('Failed', 'failed');
}
