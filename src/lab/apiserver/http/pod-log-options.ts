import type { PodLogOptions } from '../api-context.ts';
import { badRequest, invalid, type StatusCause } from '../status-error.ts';
import { checkWholeNumber } from './list-options.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * What `pods/NAME/log` was asked for, checked as kube-apiserver checks `PodLogOptions`: BadRequest for what cannot be read, Invalid for
 * numbers out of range and options that exclude each other.
 */
export function podLogOptions(query: URLSearchParams, pod: string, signal: AbortSignal): PodLogOptions {
  for (const name of ['tailLines', 'sinceSeconds', 'limitBytes']) checkWholeNumber(query, name);
  const sinceTime = query.get('sinceTime') ?? undefined;
  if (sinceTime !== undefined && !RFC3339.test(sinceTime))
    throw badRequest(
      `parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(sinceTime)} as "2006"`,
    );
  const number = (name: string): number | undefined => {
    const text = query.get(name) ?? '';
    return text === '' ? undefined : Number(text);
  };
  const options = {
    container: query.get('container') ?? undefined,
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    sinceTime,
    limitBytes: number('limitBytes'),
    signal,
  };
  const causes = faults(options, query.get('stream') ?? undefined);
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod, causes);
  return options;
}

/** As Go's query conversion reads booleans: present is true, unless it says false. */
function flag(query: URLSearchParams, name: string): boolean {
  return !['false', '0'].includes((query.get(name) ?? 'false').toLowerCase());
}

function faults(options: PodLogOptions, stream: string | undefined): StatusCause[] {
  const least = (field: string, value: number | undefined, minimum: number, words: string): StatusCause[] =>
    value === undefined || value >= minimum
      ? []
      : [
          {
            reason: 'FieldValueInvalid',
            field,
            message: `Invalid value: ${String(value)}: must be greater than ${words}`,
          },
        ];
  const forbidden = (field: string, why: string): StatusCause[] => [
    { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` },
  ];
  const { tailLines, limitBytes, sinceSeconds, sinceTime } = options;
  return [
    ...least('tailLines', tailLines, 0, 'or equal to 0'),
    ...least('limitBytes', limitBytes, 1, '0'),
    ...(sinceSeconds !== undefined && sinceTime !== undefined
      ? forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
      : least('sinceSeconds', sinceSeconds, 1, '0')),
    // The gate PodLogsQuerySplitStreams is off by default.
    ...(stream === undefined ? [] : forbidden('stream', 'may not be specified')),
  ];
}
