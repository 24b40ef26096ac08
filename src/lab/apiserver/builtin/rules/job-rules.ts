import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { equalJson, isObject, textOf } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { GoSyntax, immutable, invalid, nonNegative, oneOf, required } from './faults.ts';
import { labelMap } from './formats.ts';
import { goLabelSelector, isEmptySelector } from './label-selector.ts';
import { podSpecFaults } from './pod-rules.ts';
import { selectorMatchFaults } from './workload-rules.ts';

const NUMBERS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];
const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';

/** The spec of a Job, or of a CronJob's template; `field` is its path. */
function jobSpecFaults(field: string, spec: unknown): StatusCause[] {
  const pod = fieldAt(spec, 'template', 'spec');
  const policy = textOf(fieldAt(pod, 'restartPolicy'));
  const mode = fieldAt(spec, 'completionMode');
  const managedBy = fieldAt(spec, 'managedBy');
  return [
    ...NUMBERS.flatMap((name) => nonNegative(`${field}.${name}`, fieldAt(spec, name))),
    ...oneOf(`${field}.completionMode`, mode, ['NonIndexed', 'Indexed']),
    ...(mode === 'Indexed' && fieldAt(spec, 'completions') === undefined
      ? [required(`${field}.completions`, 'when completion mode is Indexed')]
      : []),
    ...(typeof managedBy === 'string' && !managedBy.includes('/')
      ? [invalid(`${field}.managedBy`, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")')]
      : []),
    ...labelMap(`${field}.template.labels`, fieldAt(spec, 'template', 'metadata', 'labels')),
    ...podSpecFaults(`${field}.template.spec`, pod),
    ...(policy === 'Always' || policy === ''
      ? [required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')]
      : []),
  ];
}

export function jobFaults(job: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = isObject(job.spec) ? job.spec : {};
  return [...selectorFaults(job), ...jobSpecFaults('spec', spec), ...(old ? fixedFaults(job, old) : [])];
}

function selectorFaults(job: KubeObject): StatusCause[] {
  const selector = fieldAt(job, 'spec', 'selector');
  if (fieldAt(job, 'spec', 'manualSelector') === true)
    return isEmptySelector(selector)
      ? [required('spec.selector'), ...selectorMatchFaults(job)]
      : selectorMatchFaults(job);
  const uid = job.metadata.uid ?? '';
  const isGenerated = equalJson(selector, { matchLabels: { [CONTROLLER_UID]: uid } });
  return isGenerated
    ? selectorMatchFaults(job)
    : [
        invalid('spec.selector', goLabelSelector(selector), '`selector` not auto-generated'),
        ...selectorMatchFaults(job),
      ];
}

/** Of a suspended Job that has not started the scheduling directives may change; the lab takes that for the whole template. */
function fixedFaults(job: KubeObject, old: KubeObject): StatusCause[] {
  const isOpen = fieldAt(old, 'spec', 'suspend') === true && fieldAt(old, 'status', 'startTime') === undefined;
  const isElastic =
    fieldAt(job, 'spec', 'completionMode') === 'Indexed' &&
    fieldAt(job, 'spec', 'completions') === fieldAt(job, 'spec', 'parallelism');
  return ['completions', 'selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex'].flatMap(
    (name) => {
      const value = fieldAt(job, 'spec', name);
      if (equalJson(value, fieldAt(old, 'spec', name))) return [];
      if (name === 'completions' && isElastic) return [];
      if (name === 'selector') return [immutable('spec.selector', goLabelSelector(value))];
      if (name === 'template') return isOpen ? [] : [immutable('spec.template', goTemplate(value))];
      return [immutable(`spec.${name}`, value)];
    },
  );
}

/** The real message carries the whole template as Go source; clients look for its type and its end. */
function goTemplate(template: unknown): GoSyntax {
  return new GoSyntax(`core.PodTemplateSpec${JSON.stringify(template)}`);
}

const NAME_MAX = 52;

export function cronJobFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = isObject(object.spec) ? object.spec : {};
  const { name = '' } = object.metadata;
  const schedule = textOf(spec.schedule);
  const { timeZone } = spec;
  return [
    ...(schedule === '' ? [required('spec.schedule')] : scheduleFaults(schedule)),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
    ...(typeof timeZone === 'string' && !isTimeZone(timeZone)
      ? [invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`)]
      : []),
    ...jobSpecFaults('spec.jobTemplate.spec', fieldAt(spec, 'jobTemplate', 'spec')),
    // Its Jobs get eleven characters more.
    ...(old === undefined && name.length > NAME_MAX
      ? [invalid('metadata.name', name, `must be no more than ${String(NAME_MAX)} characters`)]
      : []),
  ];
}

const NAMED = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$/;

function scheduleFaults(schedule: string): StatusCause[] {
  if (/^(CRON_)?TZ=/.test(schedule))
    return [invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')];
  if (schedule.startsWith('@'))
    return NAMED.test(schedule) ? [] : [invalid('spec.schedule', schedule, `unrecognized descriptor: ${schedule}`)];
  const fields = schedule.trim().split(/\s+/);
  return fields.length === 5
    ? []
    : [
        invalid(
          'spec.schedule',
          schedule,
          `expected exactly 5 fields, found ${String(fields.length)}: [${fields.join(' ')}]`,
        ),
      ];
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
