import { conditionOf, isKubeReason, resources, storeKey, type Resource } from '../../kube/index.ts';
import type { CronJob, Job } from '../core-types.ts';
import { timestamp } from './conditions.ts';
import { latestRun, nextRun, parseCron } from './cron-schedule.ts';
import { isFinished } from './job.ts';
import { controllerOf, controllerRef, isControlledBy } from './ownership.ts';
import { refOf, writeStatus, type ControllerContext, type Reconciler } from './reconciler.ts';

export const cronJobs: Resource = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  namespaced: true,
};

/** A run that is further back than this is not made up for when no deadline is given: the wall clock's day. */
const DEFAULT_LOOK_BACK_MS = 24 * 60 * 60 * 1000;

/** CronJob -> a Job for each due minute of the wall clock (UTC), and a history of finished ones. */
export function cronJobReconciler(): Reconciler {
  return {
    resource: cronJobs,
    watches: [
      {
        resource: resources.jobs,
        mapToKeys: (job) => {
          const owner = controllerOf(job);
          return owner?.kind === 'CronJob' ? [`${job.metadata.namespace ?? ''}/${owner.name}`] : [];
        },
      },
    ],
    reconcile: async (context, key, stores) => {
      const cronJob = stores.get<CronJob>(cronJobs, key);
      const schedule = cronJob && parseCron(cronJob.spec.schedule);
      if (!schedule || cronJob.metadata.deletionTimestamp !== undefined) return;
      const jobs = stores.all<Job>(resources.jobs).filter((job) => isControlledBy(job, cronJob));
      const now = context.clock.now();
      const { startingDeadlineSeconds, suspend } = cronJob.spec;
      const lookBackMs = startingDeadlineSeconds === undefined ? DEFAULT_LOOK_BACK_MS : startingDeadlineSeconds * 1000;
      const last = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
      const missed = suspend === true ? undefined : latestRun(schedule, Math.max(last, now - lookBackMs), now);
      const started = missed === undefined ? undefined : await start(context, { cronJob, jobs, atMs: missed });
      await trimHistory(context, cronJob, jobs);
      await writeCronJobStatus(context, cronJob, { jobs, started });
      const next = nextRun(schedule, now);
      if (suspend !== true && next !== undefined) context.askAgain(key, next - now);
    },
  };
}

/** Makes the Job of one due minute, as the concurrency policy allows. */
async function start(
  context: ControllerContext,
  { cronJob, jobs, atMs }: { cronJob: CronJob; jobs: readonly Job[]; atMs: number },
): Promise<{ job: Job | undefined; atMs: number } | undefined> {
  const { jobTemplate, concurrencyPolicy } = cronJob.spec;
  const running = jobs.filter((job) => !isFinished(job));
  if (concurrencyPolicy === 'Forbid' && running.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    context.events.normal(cronJob, 'JobAlreadyActive', message);
    return undefined;
  }
  if (concurrencyPolicy === 'Replace')
    for (const job of running) {
      await deleteJob(context, job);
      context.events.normal(cronJob, 'SuccessfulDelete', `Deleted job ${job.metadata.name ?? ''}`);
    }
  const name = `${cronJob.metadata.name ?? ''}-${String(Math.floor(atMs / 60_000))}`;
  try {
    const job = await context.client.create<Job>(resources.jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: cronJob.metadata.namespace ?? '',
        ...(jobTemplate.metadata?.labels && { labels: jobTemplate.metadata.labels }),
        annotations: {
          ...jobTemplate.metadata?.annotations,
          'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp({ ...context.clock, now: () => atMs }),
        },
        ownerReferences: [controllerRef(cronJob)],
      },
      spec: jobTemplate.spec,
    });
    context.events.normal(cronJob, 'SuccessfulCreate', `Created job ${name}`);
    return { job, atMs };
  } catch (error) {
    // The informer has not shown yet what the last reconcile made.
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
    return { job: undefined, atMs };
  }
}

async function trimHistory(context: ControllerContext, cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
  const trim = async (type: 'Complete' | 'Failed', limit: number): Promise<void> => {
    const ended = jobs
      .filter((job) => conditionOf(job, type)?.status === 'True')
      .sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1));
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) {
      await deleteJob(context, job);
      context.events.normal(cronJob, 'SuccessfulDelete', `Deleted job ${job.metadata.name ?? ''}`);
    }
  };
  await trim('Complete', successfulJobsHistoryLimit);
  await trim('Failed', failedJobsHistoryLimit);
}

async function writeCronJobStatus(
  context: ControllerContext,
  cronJob: CronJob,
  { jobs, started }: { jobs: readonly Job[]; started: { job: Job | undefined; atMs: number } | undefined },
): Promise<void> {
  const active = jobs.filter((job) => !isFinished(job) && job.metadata.deletionTimestamp === undefined);
  if (started?.job && !active.some((job) => storeKey(job) === storeKey(started.job as Job))) active.push(started.job);
  const done = jobs
    .filter((job) => conditionOf(job, 'Complete')?.status === 'True')
    .map((job) => job.status?.completionTime ?? '');
  const lastSuccess = [...done, cronJob.status?.lastSuccessfulTime ?? ''].sort().at(-1);
  const lastSchedule =
    started === undefined ? cronJob.status?.lastScheduleTime : timestamp({ ...context.clock, now: () => started.atMs });
  await writeStatus(context, cronJobs, cronJob, {
    ...(active.length > 0 && {
      active: active.map((job) => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: job.metadata.name,
        namespace: job.metadata.namespace,
        uid: job.metadata.uid,
        resourceVersion: job.metadata.resourceVersion,
      })),
    }),
    ...(lastSchedule !== undefined && { lastScheduleTime: lastSchedule }),
    ...(lastSuccess !== undefined && lastSuccess !== '' && { lastSuccessfulTime: lastSuccess }),
  });
}

async function deleteJob(context: ControllerContext, job: Job): Promise<void> {
  try {
    await context.client.delete(resources.jobs, refOf(job), { propagation: 'Background' });
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
  }
}
