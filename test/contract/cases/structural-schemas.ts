import { expect } from 'vitest';
import type { ContractCase } from '../contract-case.ts';
import { FIELD, ofField, ofSchema, refusalCase, ROOT, thing, type Refusal } from '../definition-refusals.ts';

const text = { type: 'string' };
const list = (changes: object, items: object = { type: 'object' }): Refusal['spec'] =>
  ofField({ type: 'array', items, ...changes });
const keyed = (items: object, keys = ['k']): Refusal['spec'] =>
  list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys }, items);

const refusals: readonly Refusal[] = [
  {
    title: 'whose schema has no type at its root',
    spec: ofSchema({ properties: { a: text } }),
    message: `${ROOT}.type: Required value: must not be empty at the root`,
  },
  {
    title: 'whose schema is no object',
    spec: ofSchema({ type: 'array', items: text }),
    message: `${ROOT}.type: Invalid value: "array": must be object at the root`,
  },
  {
    title: 'with a field without a type',
    spec: ofField({ description: 'anything' }),
    message: `${FIELD}.type: Required value: must not be empty for specified object fields`,
  },
  {
    title: 'with items without a type',
    spec: list({}, {}),
    message: `${FIELD}.items.type: Required value: must not be empty for specified array items`,
  },
  {
    title: 'with a list without items',
    spec: ofField({ type: 'array' }),
    message: `${FIELD}.items: Required value: must be specified`,
  },
  {
    title: 'with a type that does not exist',
    spec: ofField({ type: 'text' }),
    message: `${FIELD}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  },
  {
    title: 'with properties and additionalProperties in one place',
    spec: ofField({ type: 'object', properties: { b: text }, additionalProperties: text }),
    message: `${FIELD}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  },
  {
    title: 'with additionalProperties at its root',
    spec: ofSchema({ type: 'object', additionalProperties: text }),
    message: `${ROOT}.additionalProperties: Forbidden: must not be used at the root`,
  },
  {
    title: 'with uniqueItems',
    spec: list({ uniqueItems: true }, text),
    message: `${FIELD}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  },
  {
    title: 'with a reference',
    spec: ofField({ $ref: '#/definitions/x' }),
    message: `${FIELD}.$ref: Forbidden: $ref is not supported`,
  },
  {
    title: 'with x-kubernetes-preserve-unknown-fields: false',
    spec: ofField({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
    message: `${FIELD}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  },
  {
    title: 'that says a type inside anyOf',
    spec: ofField({ type: 'string', anyOf: [{ type: 'string' }] }),
    message: `${FIELD}.anyOf[0].type: Forbidden: must be empty to be structural`,
  },
  {
    title: 'that says a default inside anyOf',
    spec: ofField({ type: 'string', anyOf: [{ default: 'x' }] }),
    message: `${FIELD}.anyOf[0].default: Forbidden: must be undefined to be structural`,
  },
  {
    title: 'that restricts labels',
    spec: ofSchema({
      type: 'object',
      properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
    }),
    message: `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
  },
  {
    title: 'with an embedded resource that has no fields',
    spec: ofField({ type: 'object', 'x-kubernetes-embedded-resource': true }),
    message: `${FIELD}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
  },
  {
    title: 'with a pattern that is no regular expression',
    spec: ofField({ type: 'string', pattern: '[' }),
    message: `${FIELD}.pattern: Invalid value: "[": must be a valid regular expression, but isn't: error parsing regexp: missing closing ]: \`[\``,
  },
  {
    title: 'with a pattern that looks ahead',
    spec: ofField({ type: 'string', pattern: '^(?!x).*$' }),
    message: `${FIELD}.pattern: Invalid value: "^(?!x).*$": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?!\``,
  },
  {
    title: 'with a default of another type',
    spec: ofField({ type: 'integer', default: 'x' }),
    message: `${FIELD}.default: Invalid value: "string":  in body must be of type integer: "string"`,
  },
  {
    title: 'with a default that is not among the allowed values',
    spec: ofField({ type: 'string', enum: ['a'], default: 'b' }),
    message: `${FIELD}.default: Unsupported value: "b": supported values: "a"`,
  },
  {
    title: 'with a default that would be pruned',
    spec: ofField({ type: 'object', properties: { x: text }, default: { y: 1 } }),
    message: `${FIELD}.default: Invalid value: map[string]interface {}{"y":1}: must not have unknown fields`,
  },
  {
    title: 'with a default that lacks a required field',
    spec: ofField({ type: 'object', required: ['x'], properties: { x: text }, default: {} }),
    message: `${FIELD}.default.x: Required value`,
  },
  {
    title: 'with a default that breaks a rule of its own',
    spec: ofField({ type: 'integer', default: 3, 'x-kubernetes-validations': [{ rule: 'self < 2' }] }),
    message: `${FIELD}.default: Invalid value: "integer": failed rule: self < 2`,
  },
  {
    title: 'with a list map without keys',
    spec: list({ 'x-kubernetes-list-type': 'map' }),
    message: `${FIELD}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
  },
  {
    title: 'with a list map whose key is no field of its items',
    spec: keyed({ type: 'object', properties: { z: text } }),
    message: `${FIELD}.x-kubernetes-list-map-keys: Invalid value: []string{"k"}: entries must all be names of item properties`,
  },
  {
    title: 'with a list map whose key may be absent',
    spec: keyed({ type: 'object', properties: { k: text } }),
    message: `${FIELD}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  },
  {
    title: 'with a list map of texts',
    spec: keyed(text),
    message: `${FIELD}.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`,
  },
  {
    title: 'with keys on a list that is no map',
    spec: list({ 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['k'] }, text),
    message: `${FIELD}.x-kubernetes-list-type: Invalid value: "set": must be map if x-kubernetes-list-map-keys is non-empty`,
  },
  {
    title: 'with a set of objects that are not atomic',
    spec: list({ 'x-kubernetes-list-type': 'set' }),
    message: `${FIELD}.items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set`,
  },
  {
    title: 'with a set whose items may be null',
    spec: list({ 'x-kubernetes-list-type': 'set' }, { type: 'string', nullable: true }),
    message: `${FIELD}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set`,
  },
  {
    title: 'with a list type on an object',
    spec: ofField({ type: 'object', 'x-kubernetes-list-type': 'set' }),
    message: `${FIELD}.type: Invalid value: "object": must be array if x-kubernetes-list-type is specified`,
  },
];

/** Schemas that look odd and are accepted. */
const accepted: Readonly<Record<string, object>> = {
  'x-kubernetes-int-or-string that says its two types once more': {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'a default of null, which is none': { type: 'string', default: null },
  'a set of atomic objects': {
    type: 'array',
    'x-kubernetes-list-type': 'set',
    items: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
  },
  'a list map whose key has a default': {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { k: { type: 'string', default: 'x' } } },
  },
};

export const structuralSchemas: readonly ContractCase[] = [
  ...refusals.map(refusalCase),
  ...Object.entries(accepted).map(([title, field]): ContractCase => ({
    title: `a definition with ${title} is accepted`,
    run: async (w) => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All';
      expect((await w.api.call('POST', path, thing(w, ofField({ ...field })))).code).toBe(201);
    },
  })),
];
