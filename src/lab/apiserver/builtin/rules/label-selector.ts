import { isObject, objectsIn, textOf } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, GoSyntax, invalid, required } from './faults.ts';
import { goTextMap, goTexts, labelMap, qualifiedName } from './formats.ts';

/** What is wrong with a LabelSelector; nothing when there is none. */
export function labelSelectorFaults(field: string, selector: unknown): StatusCause[] {
  if (!isObject(selector)) return [];
  return [
    ...labelMap(`${field}.matchLabels`, selector.matchLabels),
    ...objectsIn(selector.matchExpressions).flatMap((expression, i) =>
      expressionFaults(`${field}.matchExpressions[${String(i)}]`, expression),
    ),
  ];
}

function expressionFaults(field: string, expression: Record<string, unknown>): StatusCause[] {
  const faults: StatusCause[] = [];
  const values = Array.isArray(expression.values) ? expression.values : [];
  const operator = textOf(expression.operator);
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      faults.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      faults.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else faults.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  return [...faults, ...qualifiedName(`${field}.key`, textOf(expression.key))];
}

export function isEmptySelector(selector: unknown): boolean {
  if (!isObject(selector)) return true;
  const { matchLabels, matchExpressions } = selector;
  return (!isObject(matchLabels) || Object.keys(matchLabels).length === 0) && objectsIn(matchExpressions).length === 0;
}

export function goLabelSelector(selector: unknown): GoSyntax {
  const { matchLabels, matchExpressions } = isObject(selector) ? selector : {};
  const expressions = objectsIn(matchExpressions).map((e) => {
    const values = Array.isArray(e.values) && e.values.length > 0 ? goTexts(e.values) : '[]string(nil)';
    return `v1.LabelSelectorRequirement{Key:${JSON.stringify(e.key)}, Operator:${JSON.stringify(e.operator)}, Values:${values}}`;
  });
  const list = expressions.length > 0 ? `{${expressions.join(', ')}}` : '(nil)';
  return new GoSyntax(
    `v1.LabelSelector{MatchLabels:${goTextMap(matchLabels)}, MatchExpressions:[]v1.LabelSelectorRequirement${list}}`,
  );
}
