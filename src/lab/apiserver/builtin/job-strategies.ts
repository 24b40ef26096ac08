import { objectIn, setDefault } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import { numberAt } from './columns.ts';
import { specOf } from './define.ts';
import { defaultTemplate } from './pod-template.ts';
import { cronJobFaults, jobFaults } from './rules/job-rules.ts';

/** Defaults and rules of Jobs and CronJobs. */

const LABEL_PREFIXES = ['batch.kubernetes.io/', ''];

export const jobStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (job) => {
    const spec = specOf(job);
    setDefault(spec, 'completionMode', 'NonIndexed');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'backoffLimit', 6);
    setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed');
    setDefault(spec, 'manualSelector', false);
    // Both absent: one Pod. With a parallelism alone it is a work queue, which has no completions.
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    setDefault(spec, 'parallelism', 1);
    defaultTemplate(spec);
  },
  prepareForCreate: (job) => {
    const spec = specOf(job);
    const labels = objectIn(objectIn(objectIn(spec, 'template'), 'metadata'), 'labels');
    if (spec.manualSelector !== true) {
      const { uid = '', name = '' } = job.metadata;
      for (const prefix of LABEL_PREFIXES) {
        labels[`${prefix}controller-uid`] = uid;
        labels[`${prefix}job-name`] = name;
      }
      objectIn(objectIn(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
    }
    // A Job without labels takes those of its template when it is read again, the generated ones among them.
    if (job.metadata.labels === undefined && Object.keys(labels).length > 0)
      job.metadata.labels = { ...(labels as Record<string, string>) };
  },
  validate: jobFaults,
  selectableFields: (object) => ({ 'status.successful': String(numberAt(object, 'status', 'succeeded')) }),
};

export const cronJobStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object) => {
    const spec = specOf(object);
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    defaultTemplate(objectIn(objectIn(spec, 'jobTemplate'), 'spec'));
  },
  validate: cronJobFaults,
};
