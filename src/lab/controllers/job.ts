import { conditionsOf, resources, type Condition } from '../../kube/index.ts';
import type { Job, Pod } from '../core-types.ts';
import { timestamp, withCondition } from './conditions.ts';
import { isActive, isReady, livePodsOf, omitZero, podsOf, writeStatus, type Reconciler } from './reconciler.ts';
import { createPod, deletePod, podOwnerKeys } from './replica-set.ts';

function ended(job: Job): Condition | undefined {
  return conditionsOf(job).find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
}

/** Job -> Pods until enough succeeded or too many failed. */
export function jobReconciler(): Reconciler {
  return {
    resource: resources.jobs,
    watches: [{ resource: resources.pods, mapToKeys: podOwnerKeys('Job') }],
    reconcile: async (context, key, stores) => {
      const job = stores.get<Job>(resources.jobs, key);
      if (!job || job.metadata.deletionTimestamp !== undefined || ended(job)) return;
      const { parallelism = 1, completions = parallelism, backoffLimit = 6, template, suspend = false } = job.spec;
      const now = timestamp(context.clock);
      const count = (pods: readonly Pod[]): { succeeded: number; failed: number; active: Pod[] } => ({
        succeeded: pods.filter((pod) => pod.status?.phase === 'Succeeded').length,
        failed: pods.filter((pod) => pod.status?.phase === 'Failed').length,
        active: pods.filter(isActive),
      });
      let state = count(podsOf(stores, job));
      const wanted = (): number => (suspend ? 0 : Math.min(parallelism, Math.max(0, completions - state.succeeded)));
      if (state.active.length !== wanted() && state.failed <= backoffLimit) {
        state = count(await livePodsOf(context, job));
        const labels = { 'batch.kubernetes.io/job-name': job.metadata.name ?? '', 'job-name': job.metadata.name ?? '' };
        for (let i = state.active.length; i < wanted() && state.failed <= backoffLimit; i++) {
          const pod = await createPod(context, job, template, { labels });
          if (pod) state.active.push(pod);
        }
        for (const pod of state.active.slice(wanted())) await deletePod(context, job, pod);
      }
      let conditions = conditionsOf(job);
      const finish = (condition: Condition): void => {
        conditions = withCondition(conditions, { ...condition, lastProbeTime: now } as Condition, now);
      };
      const complete = state.succeeded >= completions;
      const failed = !complete && state.failed > backoffLimit;
      if (complete) {
        const message = 'Reached expected number of succeeded pods';
        finish({ type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached', message });
        finish({ type: 'Complete', status: 'True', reason: 'CompletionsReached', message });
        context.events.normal(job, 'Completed', 'Job completed');
      } else if (failed) {
        const message = 'Job has reached the specified backoff limit';
        for (const pod of state.active) await deletePod(context, job, pod);
        finish({ type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded', message });
        finish({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message });
        context.events.warning(job, 'BackoffLimitExceeded', message);
      }
      const active = complete || failed ? [] : state.active;
      await writeStatus(context, resources.jobs, job, {
        ...(conditions.length > 0 && { conditions }),
        startTime: job.status?.startTime ?? now,
        ...(complete && { completionTime: now }),
        ...omitZero({ active: active.length, succeeded: state.succeeded, failed: state.failed }),
        ready: active.filter(isReady).length,
        terminating: 0,
        uncountedTerminatedPods: {},
      });
    },
  };
}
