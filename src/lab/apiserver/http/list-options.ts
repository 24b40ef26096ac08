import { badRequest, invalidOptions, type StatusCause } from '../status-error.ts';

const MATCHES = ['Exact', 'NotOlderThan'];

/** What a list or watch may ask for beyond its selectors, checked as kube-apiserver checks `ListOptions`. */
export interface ListRules {
  /** Whether watches may ask for `sendInitialEvents` (the feature gate WatchList). */
  readonly watchList: boolean;
}

/** Throws BadRequest for numbers that are none and Invalid for options that exclude each other. */
export function checkListOptions(query: URLSearchParams, watching: boolean, rules: ListRules): void {
  for (const name of ['limit', 'timeoutSeconds']) checkWholeNumber(query, name);
  const causes = watching ? watchCauses(query, rules) : listCauses(query);
  if (causes.length > 0) throw invalidOptions('ListOptions', causes);
}

/** Throws BadRequest for a query parameter that is not a whole number; one that is absent or empty passes. */
export function checkWholeNumber(query: URLSearchParams, name: string): void {
  const text = query.get(name) ?? '';
  if (text !== '' && !/^[+-]?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const matchForbidden = (why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  field: 'resourceVersionMatch',
  message: `Forbidden: ${why}`,
});

const initialEventsForbidden = (why: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  field: 'sendInitialEvents',
  message: `Forbidden: sendInitialEvents is forbidden for ${why}`,
});

const matchNotSupported = (match: string, supported: readonly string[]): StatusCause => ({
  reason: 'FieldValueNotSupported',
  field: 'resourceVersionMatch',
  message: `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported.map((m) => JSON.stringify(m)).join(', ')}`,
});

const matchWithContinue = matchForbidden('resourceVersionMatch is forbidden when continue is provided');

function listCauses(query: URLSearchParams): StatusCause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const causes: StatusCause[] = [];
  if (match !== '') {
    if (version === '')
      causes.push(matchForbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if ((query.get('continue') ?? '') !== '') causes.push(matchWithContinue);
    if (!MATCHES.includes(match)) causes.push(matchNotSupported(match, [...MATCHES, '']));
    if (match === 'Exact' && version === '0')
      causes.push(matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (query.has('sendInitialEvents')) causes.push(initialEventsForbidden('list'));
  return causes;
}

function watchCauses(query: URLSearchParams, rules: ListRules): StatusCause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.has('sendInitialEvents');
  const causes: StatusCause[] = [];
  if (initial) {
    if (match !== 'NotOlderThan')
      causes.push(matchForbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    if (!rules.watchList) causes.push(initialEventsForbidden('watch unless the WatchList feature gate is enabled'));
  }
  if (match === '') return causes;
  if (!initial)
    causes.push(matchForbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (match !== 'NotOlderThan') causes.push(matchNotSupported(match, ['NotOlderThan']));
  if ((query.get('continue') ?? '') !== '') causes.push(matchWithContinue);
  return causes;
}
