import type { InstallerState, PhaseRecord } from './state.ts';

/** What `GET /cpaas-installer/api/progress` answers. Finished is `status: Success` with `type: Complete` (guide step 9). */
export interface ProgressBody {
  readonly status: 'Idle' | 'Running' | 'Stalled' | 'Success';
  readonly type: 'Idle' | 'Install' | 'Complete';
  /** Title of the phase that runs. */
  readonly step: string;
  readonly percentage: number;
  readonly message?: string;
  readonly lastError?: string;
  readonly phases: readonly PhaseRecord[];
}

export function progressOf(state: InstallerState | undefined): ProgressBody {
  if (state === undefined) return { status: 'Idle', type: 'Idle', step: '', percentage: 0, phases: [] };
  const phases = state.phases.map(harmless);
  if (state.completedAt !== undefined)
    return { status: 'Success', type: 'Complete', step: 'Complete', percentage: 100, phases };
  const current = phases.find((p) => p.state !== 'Done') ?? phases[phases.length - 1];
  const done = phases.filter((p) => p.state === 'Done').length;
  return {
    status: current?.state === 'Stalled' ? 'Stalled' : 'Running',
    type: 'Install',
    step: current?.title ?? '',
    percentage: Math.floor((100 * done) / phases.length),
    ...(current?.message !== undefined && { message: current.message }),
    ...(current?.lastError !== undefined && { lastError: current.lastError }),
    phases,
  };
}

/**
 * The product's own script looks for the words `Success` and `Failed` anywhere in the body and takes them for the end. Words
 * that come from elsewhere (an error's text) must not end it.
 */
function harmless(phase: PhaseRecord): PhaseRecord {
  const quiet = (text: string): string => text.replaceAll('Success', 'success').replaceAll('Failed', 'failed');
  return {
    ...phase,
    ...(phase.message !== undefined && { message: quiet(phase.message) }),
    ...(phase.lastError !== undefined && { lastError: quiet(phase.lastError) }),
  };
}
