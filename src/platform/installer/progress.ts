import { z } from 'zod';
import { phaseRecord, type InstallerState, type PhaseRecord } from './state/index.ts';

const phaseProgress = phaseRecord.omit({ weight: true });

/** What `GET /cpaas-installer/api/progress` answers. Finished is `status: Success` with `type: Complete` (guide step 9). */
export const progressSchema = z.object({
  status: z.enum(['Idle', 'Running', 'Stalled', 'Success']),
  type: z.enum(['Idle', 'Install', 'Complete']),
  step: z.string().describe('Title of the phase that runs.'),
  percentage: z.number().int().min(0).max(100).describe('Of the whole; never falls while a request is worked on.'),
  message: z.string().optional().describe('What the phase waits for.'),
  lastError: z.string().optional(),
  startedAt: z.string().optional().describe('When the request was accepted.'),
  endedAt: z.string().optional(),
  phases: z.array(phaseProgress),
});

export type ProgressBody = z.infer<typeof progressSchema>;
export type PhaseProgress = z.infer<typeof phaseProgress>;

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
