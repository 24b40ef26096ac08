import { expect } from 'vitest';
import { expectFailure, type ContractCase } from '../contract-case.ts';
import { FIELD, ofField, ofSchema, refusalCase, ROOT, thing, type Refusal } from '../definition-refusals.ts';
import { establish } from '../widget-definition.ts';

/** A definition with one rule on `a`, which has a field `x` of type integer. */
const ofRule = (rule: object, field: object = {}): Refusal['spec'] =>
  ofField({
    type: 'object',
    properties: { x: { type: 'integer' } },
    ...field,
    'x-kubernetes-validations': [{ ...rule }],
  });
const AT = `${FIELD}.x-kubernetes-validations[0]`;
const goRule = (rule: string, messageExpression = ''): string =>
  `Invalid value: apiextensions.ValidationRule{Rule:${JSON.stringify(rule)}, Message:"", MessageExpression:${JSON.stringify(messageExpression)}, Reason:(*apiextensions.FieldValueErrorReason)(nil), FieldPath:"", OptionalOldSelf:(*bool)(nil)}`;
const compileFault = (rule: string, place: string, what: string, dots: number, at = AT): string =>
  `${at}.rule: ${goRule(rule)}: compilation failed: ERROR: <input>:${place}: ${what}\n | ${rule}\n | ${'.'.repeat(dots)}^`;

const refusals: readonly Refusal[] = [
  {
    title: 'with a rule of a field that its schema does not have',
    spec: ofRule({ rule: 'self.zzz' }),
    message: compileFault('self.zzz', '1:5', "undefined field 'zzz'", 4),
  },
  {
    title: 'with a rule that asks for the presence of labels',
    spec: ofSchema({ type: 'object', 'x-kubernetes-validations': [{ rule: 'has(self.metadata.labels)' }] }),
    message: compileFault(
      'has(self.metadata.labels)',
      '1:4',
      "undefined field 'labels'",
      3,
      `${ROOT}.x-kubernetes-validations[0]`,
    ),
  },
  {
    title: 'with a rule of a field that is kept but not declared',
    spec: ofRule({ rule: 'self.z == 1' }, { 'x-kubernetes-preserve-unknown-fields': true }),
    message: compileFault('self.z == 1', '1:5', "undefined field 'z'", 4),
  },
  {
    title: 'with a rule of a variable that does not exist',
    spec: ofRule({ rule: 'foo == 1' }),
    message: compileFault('foo == 1', '1:1', "undeclared reference to 'foo' (in container '')", 0),
  },
  {
    title: 'with a rule of a function that does not exist',
    spec: ofRule({ rule: 'self.x.bar()' }),
    message: compileFault('self.x.bar()', '1:11', "undeclared reference to 'bar' (in container '')", 10),
  },
  {
    title: 'with a rule that compares a number with a text',
    spec: ofRule({ rule: 'self.x == "a"' }),
    message: compileFault(
      'self.x == "a"',
      '1:8',
      "found no matching overload for '_==_' applied to '(int, string)'",
      7,
    ),
  },
  {
    title: 'with a rule that is neither true nor false',
    spec: ofRule({ rule: 'self.x' }),
    message: `${AT}.rule: ${goRule('self.x')}: cel expression must evaluate to a bool`,
  },
  {
    title: 'with an empty rule',
    spec: ofRule({ rule: ' ' }),
    message: `${AT}.rule: Required value: rule is not specified`,
  },
  {
    title: 'with a message expression that gives no text',
    spec: ofRule({ rule: 'self.x == 1', messageExpression: '1' }),
    message: `${AT}.messageExpression: ${goRule('self.x == 1', '1')}: messageExpression must evaluate to a string`,
  },
  {
    title: 'with a message of two lines',
    spec: ofRule({ rule: 'self.x == 1', message: 'a\nb' }),
    message: `${AT}.message: Invalid value: "a\\nb": message must not contain line breaks`,
  },
  {
    title: 'with a rule of two lines and no message',
    spec: ofRule({ rule: 'self.x\n == 1' }),
    message: `${AT}.message: Required value: message must be specified if rule contains line breaks`,
  },
  {
    title: 'with a reason that does not exist',
    spec: ofRule({ rule: 'self.x == 1', reason: 'Bad' }),
    message: `${AT}.reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
  },
  {
    title: 'with a fieldPath that its schema does not have',
    spec: ofRule({ rule: 'self.x == 1', fieldPath: '.zz' }),
    message: `${AT}.fieldPath: Invalid value: ".zz": fieldPath must be a valid path`,
  },
  {
    title: 'with optionalOldSelf and no oldSelf',
    spec: ofRule({ rule: 'self.x == 1', optionalOldSelf: true }),
    message: `${AT}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
  },
  {
    title: 'that compares the items of a set with old ones',
    spec: ofField({
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', maxLength: 4, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    }),
    message: `${FIELD}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${FIELD}`,
  },
];

const accepted: readonly string[] = [
  'self.x == 1 || !has(self.x)',
  'oldSelf.x <= self.x',
  'string(self.x).size() < 4',
  '[1, 2, 3].exists(n, n == self.x)',
  'self == oldSelf',
];

const optionalRule: ContractCase = {
  title: 'a rule may look into an optional old value, at creation and at an update',
  run: async (w) => {
    const group = `${w.name('rules')}.${w.group}`;
    const rule = { rule: '!oldSelf.hasValue() || self >= oldSelf.value()', optionalOldSelf: true, message: 'only up' };
    const a = { type: 'integer', 'x-kubernetes-validations': [rule] };
    await establish(w, thing(w, { ...ofField(a), group, scope: 'Cluster' }));
    const things = `/apis/${group}/v1/things`;
    await w.given(things, { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'x' }, a: 1 });
    expect((await w.merge(`${things}/x`, { a: 2 })).code).toBe(200);
    const refused = await w.merge(`${things}/x`, { a: 1 });
    expectFailure(refused, 422, 'Invalid', {
      details: { causes: [{ field: 'a', reason: 'FieldValueInvalid', message: 'Invalid value: "integer": only up' }] },
    });
    await w.api.call('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`);
  },
};

export const definitionRules: readonly ContractCase[] = [
  optionalRule,
  ...refusals.map(refusalCase),
  ...accepted.map((rule): ContractCase => ({
    title: `a definition with the rule ${rule} is accepted`,
    run: async (w) => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All';
      const answer = await w.api.call('POST', path, thing(w, ofRule({ rule })));
      expect({ code: answer.code, message: answer.body['message'] }).toEqual({ code: 201, message: undefined });
    },
  })),
];
