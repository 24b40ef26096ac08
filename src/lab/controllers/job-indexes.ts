import type { Job, Pod } from '../core-types.ts';
import { isActive } from './reconciler.ts';

const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';

/** The completion index of a Pod of an Indexed Job; -1 when it has none. */
export function indexOfPod(pod: Pod): number {
  return Number(pod.metadata.annotations?.[INDEX_ANNOTATION] ?? -1);
}

/** Indexes of an Indexed Job that neither have succeeded nor are being worked on, lowest first. */
export function freeIndexes(job: Job, pods: readonly Pod[]): number[] {
  const taken = new Set(
    pods.filter((pod) => isActive(pod) || pod.status?.phase === 'Succeeded').map((pod) => indexOfPod(pod)),
  );
  return Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index));
}

/** Indexes as `status.completedIndexes` writes them: `0,2-4`. */
export function indexText(indexes: readonly number[]): string {
  const parts: { first: number; last: number }[] = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const open = parts.at(-1);
    if (open?.last === index - 1) open.last = index;
    else parts.push({ first: index, last: index });
  }
  const words = ({ first, last }: { first: number; last: number }): string =>
    first === last ? String(first) : `${String(first)}${last === first + 1 ? ',' : '-'}${String(last)}`;
  return parts.map(words).join(',');
}
