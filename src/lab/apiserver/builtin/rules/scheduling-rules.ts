import { fieldAt } from '../../../../kube/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { invalid, oneOf, required } from './faults.ts';
import { qualifiedName } from './formats.ts';
import { labelSelectorFaults } from './label-selector.ts';

/** Where a Pod may run: tolerations, affinities, spreading. */

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function tolerationFaults(field: string, tolerations: readonly JsonObject[]): StatusCause[] {
  return tolerations.flatMap((toleration, i) => {
    const at = `${field}[${String(i)}]`;
    const key = textOf(toleration.key);
    const operator = textOf(toleration.operator);
    const effect = textOf(toleration.effect);
    const faults: StatusCause[] = key === '' ? [] : qualifiedName(`${at}.key`, key);
    if (key === '' && operator !== 'Exists')
      faults.push(
        invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute')
      faults.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === 'Exists' && textOf(toleration.value) !== '')
      faults.push(invalid(`${at}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"));
    else if (operator !== '') faults.push(...oneOf(`${at}.operator`, operator, ['Equal', 'Exists']));
    return effect === '' ? faults : [...faults, ...oneOf(`${at}.effect`, effect, TAINT_EFFECTS)];
  });
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function affinityFaults(field: string, affinity: unknown): StatusCause[] {
  if (!isObject(affinity)) return [];
  return [
    ...nodeAffinityFaults(`${field}.nodeAffinity`, affinity.nodeAffinity),
    ...podAffinityFaults(`${field}.podAffinity`, affinity.podAffinity),
    ...podAffinityFaults(`${field}.podAntiAffinity`, affinity.podAntiAffinity),
  ];
}

function nodeAffinityFaults(field: string, affinity: unknown): StatusCause[] {
  const needed = fieldAt(affinity, REQUIRED);
  const at = `${field}.${REQUIRED}.nodeSelectorTerms`;
  const faults: StatusCause[] = [];
  if (isObject(needed)) {
    const terms = objectsIn(needed.nodeSelectorTerms);
    if (terms.length === 0) faults.push(required(at, 'must have at least one node selector term'));
    terms.forEach((term, i) => faults.push(...termFaults(`${at}[${String(i)}]`, term)));
  }
  objectsIn(fieldAt(affinity, PREFERRED)).forEach((preference, i) => {
    const place = `${field}.${PREFERRED}[${String(i)}]`;
    faults.push(...weightFaults(`${place}.weight`, preference.weight));
    if (isObject(preference.preference)) faults.push(...termFaults(`${place}.preference`, preference.preference));
  });
  return faults;
}

function termFaults(field: string, term: JsonObject): StatusCause[] {
  return objectsIn(term.matchExpressions).flatMap((expression, i) => {
    const at = `${field}.matchExpressions[${String(i)}]`;
    const values = Array.isArray(expression.values) ? expression.values : [];
    const faults: StatusCause[] = [];
    switch (expression.operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0)
          faults.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1)
          faults.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        break;
      default:
        faults.push(invalid(`${at}.operator`, expression.operator, 'not a valid selector operator'));
    }
    return [...faults, ...qualifiedName(`${at}.key`, textOf(expression.key))];
  });
}

function podAffinityFaults(field: string, affinity: unknown): StatusCause[] {
  return [
    ...objectsIn(fieldAt(affinity, REQUIRED)).flatMap((term, i) =>
      podTermFaults(`${field}.${REQUIRED}[${String(i)}]`, term),
    ),
    ...objectsIn(fieldAt(affinity, PREFERRED)).flatMap((preference, i) => {
      const at = `${field}.${PREFERRED}[${String(i)}]`;
      const term = isObject(preference.podAffinityTerm) ? preference.podAffinityTerm : {};
      return [...weightFaults(`${at}.weight`, preference.weight), ...podTermFaults(`${at}.podAffinityTerm`, term)];
    }),
  ];
}

function podTermFaults(field: string, term: JsonObject): StatusCause[] {
  const key = textOf(term.topologyKey);
  return [
    ...labelSelectorFaults(`${field}.labelSelector`, term.labelSelector),
    ...(key === ''
      ? [
          required(`${field}.topologyKey`, 'can not be empty'),
          invalid(`${field}.topologyKey`, '', 'name part must be non-empty'),
        ]
      : []),
    ...qualifiedName(`${field}.topologyKey`, key),
  ];
}

function weightFaults(field: string, weight: unknown): StatusCause[] {
  return typeof weight === 'number' && weight >= 1 && weight <= 100
    ? []
    : [invalid(field, weight, 'must be in the range 1-100')];
}

export function spreadFaults(field: string, constraints: readonly JsonObject[]): StatusCause[] {
  return constraints.flatMap((constraint, i) => {
    const at = `${field}[${String(i)}]`;
    const { maxSkew } = constraint;
    return [
      ...(typeof maxSkew === 'number' && maxSkew <= 0
        ? [invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero')]
        : []),
      ...(textOf(constraint.topologyKey) === '' ? [required(`${at}.topologyKey`, 'can not be empty')] : []),
      ...oneOf(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']),
      ...labelSelectorFaults(`${at}.labelSelector`, constraint.labelSelector),
    ];
  });
}
