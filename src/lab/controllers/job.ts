import { conditionOf, conditionsOf, isKubeReason, resources, type Condition } from '../../kube/index.ts';
import type { Job, Pod } from '../core-types.ts';
import { timestamp, withCondition } from './conditions.ts';
import { freeIndexes, indexOfPod, indexText } from './job-indexes.ts';
import {
  isActive,
  isReady,
  livePodsOf,
  omitZero,
  podsOf,
  refOf,
  writeStatus,
  type ControllerContext,
  type Reconciler,
} from './reconciler.ts';
import { createPod, deletePod, podOwnerKeys } from './replica-set.ts';
import { Waits } from './waits.ts';

/** A Pod that failed is replaced after a back-off, which doubles; the job controller's figures. */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;
/** Asked again a little after a wait, so that it is over whatever the order of timers. */
const TIMER_SLACK_MS = 500;

/** How a Job ended, in the words of its conditions. */
interface Ending {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** Job -> Pods until enough succeeded, too many failed or its time is over; finished ones go after their ttl. */
export function jobReconciler(): Reconciler {
  const waits = new Waits();
  return {
    resource: resources.jobs,
    watches: [{ resource: resources.pods, mapToKeys: podOwnerKeys('Job') }],
    reconcile: async (context, key, stores) => {
      const job = stores.get<Job>(resources.jobs, key);
      if (!job) waits.forget(key);
      if (!job || job.metadata.deletionTimestamp !== undefined) return;
      const waited = (what: string, ms: number): boolean =>
        waits.passed({ of: key, what: `${what} ${job.metadata.uid ?? ''}`, ms }, context);
      if (isFinished(job)) return await removeAfterTtl(context, job, waited);
      const { activeDeadlineSeconds, suspend } = job.spec;
      const deadlineMs =
        activeDeadlineSeconds === undefined || suspend === true ? undefined : activeDeadlineSeconds * 1000;
      const late = deadlineMs !== undefined && waited('deadline', deadlineMs);
      let pods = podsOf(stores, job);
      if (wantedCount(job, pods) !== pods.filter(isActive).length) pods = await livePodsOf(context, job);
      const failed = failedCount(pods);
      const backOffMs = failed === 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failed - 1));
      const backingOff = !waited(`failure ${String(failed)}`, backOffMs);
      const ending = endOf(job, pods, late);
      const active = ending ? [] : await adjust(context, job, { pods, backingOff });
      if (ending) for (const pod of pods.filter(isActive)) await deletePod(context, job, pod);
      await writeJobStatus(context, job, { pods, active, ending });
      const next = backingOff ? backOffMs : late ? undefined : deadlineMs;
      return ending || next === undefined ? undefined : { requeueAfterMs: next + TIMER_SLACK_MS };
    },
  };
}

export function isFinished(job: Job): boolean {
  return conditionOf(job, 'Complete')?.status === 'True' || conditionOf(job, 'Failed')?.status === 'True';
}

function succeededCount(job: Job, pods: readonly Pod[]): number {
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded');
  // Each index counts once, however often it succeeded.
  return job.spec.completionMode === 'Indexed' ? new Set(succeeded.map(indexOfPod)).size : succeeded.length;
}

function wantedCount(job: Job, pods: readonly Pod[]): number {
  const { parallelism = 1, completions = parallelism, suspend } = job.spec;
  return suspend === true ? 0 : Math.min(parallelism, Math.max(0, completions - succeededCount(job, pods)));
}

function failedCount(pods: readonly Pod[]): number {
  return pods.filter((pod) => pod.status?.phase === 'Failed').length;
}

function endOf(job: Job, pods: readonly Pod[], late: boolean): Ending | undefined {
  const { parallelism = 1, completions = parallelism, backoffLimit = 6 } = job.spec;
  if (succeededCount(job, pods) >= completions)
    return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
  // Containers that are restarted in their Pod count as well.
  const restarts = pods
    .filter((pod) => isActive(pod) && pod.spec.restartPolicy === 'OnFailure')
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, status) => sum + status.restartCount, 0);
  const limitReached = failedCount(pods) > backoffLimit || (restarts > 0 && restarts >= backoffLimit);
  if (limitReached)
    return {
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  return late
    ? { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
    : undefined;
}

/** Brings the number of active Pods to what is wanted; resolves with those that are active then. */
async function adjust(
  context: ControllerContext,
  job: Job,
  { pods, backingOff }: { pods: readonly Pod[]; backingOff: boolean },
): Promise<Pod[]> {
  const wanted = wantedCount(job, pods);
  const active = pods.filter(isActive);
  const { name = '' } = job.metadata;
  const labels = { 'batch.kubernetes.io/job-name': name, 'job-name': name };
  const indexes = job.spec.completionMode === 'Indexed' ? freeIndexes(job, pods) : [];
  const count = backingOff ? active.length : wanted;
  for (let i = active.length; i < count; i++) {
    const index = indexes.shift();
    const pod = await createPod(context, job, job.spec.template, {
      labels: { ...labels, ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': String(index) }) },
      ...(index !== undefined && {
        annotations: { 'batch.kubernetes.io/job-completion-index': String(index) },
        namePrefix: `${name}-${String(index)}`,
        spec: { hostname: `${name}-${String(index)}` },
      }),
    });
    if (pod) active.push(pod);
  }
  for (const pod of active.slice(wanted)) await deletePod(context, job, pod);
  return active.slice(0, Math.max(wanted, 0));
}

async function writeJobStatus(
  context: ControllerContext,
  job: Job,
  state: { pods: readonly Pod[]; active: readonly Pod[]; ending: Ending | undefined },
): Promise<void> {
  const { pods, active, ending } = state;
  const now = timestamp(context.clock);
  let conditions = conditionsOf(job);
  const set = (condition: Condition): void => {
    conditions = withCondition(conditions, { ...condition, lastProbeTime: now } as Condition, now);
  };
  const suspended = job.spec.suspend === true;
  const before = conditionOf(job, 'Suspended')?.status === 'True';
  if (suspended && !before) {
    set({ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' });
    context.events.normal(job, 'Suspended', 'Job suspended');
  } else if (!suspended && before) {
    set({ type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' });
    context.events.normal(job, 'Resumed', 'Job resumed');
  }
  if (ending) {
    const { type, reason, message } = ending;
    // Told first, so that who waits for the end need not wait for Pods that are still going.
    set({ type: type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', status: 'True', reason, message });
    set({ type, status: 'True', reason, message });
    if (type === 'Complete') context.events.normal(job, 'Completed', 'Job completed');
    else context.events.warning(job, reason, message);
  }
  const succeeded = succeededCount(job, pods);
  const indexed = job.spec.completionMode === 'Indexed' && succeeded > 0;
  await writeStatus(context, resources.jobs, job, {
    ...(conditions.length > 0 && { conditions }),
    ...(!suspended && { startTime: job.status?.startTime ?? now }),
    ...(ending?.type === 'Complete' && { completionTime: now }),
    ...(indexed && {
      completedIndexes: indexText(pods.filter((pod) => pod.status?.phase === 'Succeeded').map(indexOfPod)),
    }),
    ...omitZero({
      active: active.length,
      succeeded,
      failed:
        // Those that are ended with the Job have failed, too.
        failedCount(pods) + (ending?.type === 'Failed' ? pods.filter(isActive).length : 0),
    }),
    ready: active.filter(isReady).length,
    terminating: 0,
    uncountedTerminatedPods: {},
  });
}

/** `ttlSecondsAfterFinished`, in simulated time from when the controller saw the end. */
async function removeAfterTtl(
  context: ControllerContext,
  job: Job,
  waited: (what: string, ms: number) => boolean,
): Promise<{ requeueAfterMs: number } | undefined> {
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined) return undefined;
  if (!waited('ttl', ttl * 1000)) return { requeueAfterMs: ttl * 1000 + TIMER_SLACK_MS };
  try {
    await context.client.delete(resources.jobs, refOf(job), {
      propagation: 'Foreground',
      ...(job.metadata.uid !== undefined && { uid: job.metadata.uid }),
    });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
  }
  return undefined;
}
