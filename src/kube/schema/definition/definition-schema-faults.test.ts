import { describe, expect, it } from 'vitest';
import { formatFieldError } from '../field-error.ts';
import { definitionSchemaFaults } from './index.ts';
import { patternFault } from './pattern-fault.ts';

const faultsOf = async (a: object): Promise<string[]> => {
  const faults = await definitionSchemaFaults({ type: 'object', properties: { a } }, 'root');
  return faults.map((fault) => formatFieldError(fault).replace('root.properties[a]', 'a'));
};
const rule = (text: string): object => ({
  type: 'object',
  properties: { parts: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } } },
  'x-kubernetes-validations': [{ rule: text }],
});

describe('schemas of definitions', () => {
  it('have nothing wrong with them when they are structural', async () => {
    expect(await faultsOf({ type: 'object', additionalProperties: { type: 'string' } })).toEqual([]);
  });

  it('are judged by their keywords alone when no structural schema can be made of them', async () => {
    expect(await faultsOf({ properties: { b: { type: 'string' } }, $ref: '#/x' })).toEqual([
      'a.$ref: Forbidden: $ref is not supported',
    ]);
  });

  it('declare outside of a junctor what they restrict inside of it', async () => {
    const schema = { type: 'object', anyOf: [{ properties: { q: { minimum: 1 } } }] };
    expect((await definitionSchemaFaults(schema, 'root')).map(formatFieldError)).toEqual([
      'root.properties[q]: Required value: because it is defined in root.anyOf[0].properties[q]',
    ]);
  });

  it('have their rules compiled only when all else holds', async () => {
    expect(await faultsOf({ ...rule('self.zzz'), nullable: true, uniqueItems: true })).toEqual([
      expect.stringContaining('uniqueItems'),
    ]);
  });

  it.each([
    'self.parts.all(p, p.n > 0)',
    'self.parts.map(p, p.n).sum() < 3',
    'has(self.parts) && size(self.parts) > 0',
  ])('may have the rule %s', async (text) => {
    expect(await faultsOf(rule(text))).toEqual([]);
  });

  it('are told the place of a fault below a macro', async () => {
    const [fault] = await faultsOf(rule('self.parts.all(p, p.m > 0)'));
    expect(fault).toContain("ERROR: <input>:1:20: undefined field 'm'");
  });

  it.each([
    'self.parts.all(i, p, p.n > i)',
    "!format.dns1123Label().validate('a').hasValue()",
    'oldSelf.?parts.optMap(o, size(o) > 0).orValue(true)',
  ])('let pass what the checker may know less of than the server: %s', async (text) => {
    expect(await faultsOf(rule(text))).toEqual([]);
  });
});

describe('patterns of schemas', () => {
  it.each([
    ['a(b', 'error parsing regexp: missing closing ): `a(b`'],
    ['a)b', 'error parsing regexp: unexpected ): `a)b`'],
    ['*', 'error parsing regexp: missing argument to repetition operator: `*`'],
    ['(?<=x)y', 'error parsing regexp: invalid named capture: `(?<=x)y`'],
    ['a{2,1}', 'error parsing regexp: invalid repeat count: `{2,1}`'],
    ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
  ])('%s is none of RE2', (pattern, fault) => {
    expect(patternFault(pattern)).toBe(fault);
  });

  it.each(['^[(?=]+$', '[[:alpha:]]+', '(?i)abc', '\\[a', '^(a|b)*\\.?$'])('%s is one', (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
  });
});
