import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import { objectsIn } from '../json.ts';
import type { Column, ResourceDefinition } from '../resource-definition.ts';
import {
  ageColumn,
  nameColumn,
  numberAt,
  printedAge,
  printedDuration,
  templateColumns,
  textAt,
  textColumn,
} from './columns.ts';
import { builtIn } from './define.ts';
import { cronJobStrategy, jobStrategy } from './job-strategies.ts';

function jobStatus(job: KubeObject): string {
  const is = (type: string): boolean => conditionOf(job, type)?.status === 'True';
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  if (is('FailureTarget')) return 'FailureTarget';
  return is('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobDuration(job: KubeObject, nowMs: number): string {
  const start = Date.parse(textAt(job, 'status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(textAt(job, 'status', 'completionTime'));
  return printedDuration((Number.isNaN(end) ? nowMs : end) - start);
}

const jobColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', jobStatus),
  textColumn('Completions', (o) => {
    const wanted = fieldAt(o, 'spec', 'completions');
    const done = numberAt(o, 'status', 'succeeded');
    const parallelism = numberAt(o, 'spec', 'parallelism');
    if (typeof wanted === 'number') return `${String(done)}/${String(wanted)}`;
    return parallelism > 1 ? `${String(done)}/1 of ${String(parallelism)}` : `${String(done)}/1`;
  }),
  { name: 'Duration', type: 'string', value: jobDuration },
  ageColumn,
  ...templateColumns,
];

const cronJobColumns: readonly Column[] = [
  nameColumn,
  textColumn('Schedule', (o) => textAt(o, 'spec', 'schedule')),
  textColumn('Timezone', (o) => textAt(o, 'spec', 'timeZone'), { none: '<none>' }),
  textColumn('Suspend', (o) => (fieldAt(o, 'spec', 'suspend') === true ? 'True' : 'False')),
  { name: 'Active', type: 'integer', value: (o) => objectsIn(fieldAt(o, 'status', 'active')).length },
  {
    name: 'Last Schedule',
    type: 'string',
    value: (o, nowMs) => {
      const last = textAt(o, 'status', 'lastScheduleTime');
      return last === '' ? '<none>' : printedAge(last, nowMs);
    },
  },
  ageColumn,
];

/** The group `batch`. */
export const batchResources: readonly ResourceDefinition[] = [
  builtIn('batch/v1', 'CronJob', 'cronjobs', {
    shortNames: ['cj'],
    categories: ['all'],
    status: true,
    strategy: cronJobStrategy,
    columns: cronJobColumns,
  }),
  builtIn('batch/v1', 'Job', 'jobs', {
    categories: ['all'],
    status: true,
    strategy: jobStrategy,
    columns: jobColumns,
  }),
];
