import { describe, expect, it } from 'vitest';
import { loadCelRules } from './cel-rules.ts';
import { formatFieldError } from './field-error.ts';
import { parseQuantity } from './quantity.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** Whether a rule holds for a value of free form. */
async function holds(rule: string, self: Record<string, unknown>): Promise<boolean> {
  const schema: StructuralSchema = {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-validations': [{ rule }],
  };
  const errors = (await loadCelRules(schema)).validate(self).map(formatFieldError);
  if (errors.length > 0) expect(errors, rule).toEqual([`<nil>: Invalid value: "object": failed rule: ${rule}`]);
  return errors.length === 0;
}

describe('the CEL library of Kubernetes', () => {
  const self = { text: 'a-12,b', list: [1, 2, 3], unsorted: [2, 1], ip: '10.0.0.1', size: '10Gi', none: [] };

  it.each([
    ['self.text.find("[0-9]+") == "12"'],
    ['self.text.findAll("[a-z]") == ["a", "b"]'],
    ['self.text.replace("-", "+") == "a+12,b"'],
    ['self.text.charAt(0) == "a"'],
    ['self.text.split(",").size() == 2'],
    ['"%s has %d".format([self.ip, 3]) == "10.0.0.1 has 3"'],
    ['self.list.isSorted() && !self.unsorted.isSorted()'],
    ['self.list.sum() == 6 && self.none.sum() == 0'],
    ['self.list.min() == 1 && self.list.max() == 3'],
    ['self.list.indexOf(2) == 1'],
    ['isURL("https://a/b") && !isURL("no url")'],
    ['isIP(self.ip) && !isIP("10.0.0")'],
    ['isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0/33")'],
    ['quantity(self.size).isGreaterThan(quantity("9G"))'],
    ['quantity("1k").compareTo(quantity("1000")) == 0'],
    ['isQuantity("1.5Mi") && !isQuantity("1.5 Mi")'],
  ])('knows %s', async (rule) => {
    expect(await holds(rule, self)).toBe(true);
    expect(await holds(`!(${rule})`, self)).toBe(false);
  });
});

describe('parseQuantity', () => {
  it('reads decimal, binary and exponent suffixes', () => {
    expect(['1', '500m', '1k', '2Ki', '1e3', '.5', '-1'].map(parseQuantity)).toEqual([
      1, 0.5, 1000, 2048, 1000, 0.5, -1,
    ]);
  });

  it('answers undefined for what is no quantity', () => {
    expect(['', 'x', '1KB', '1 Gi', '1.2.3'].map(parseQuantity)).toEqual(Array(5).fill(undefined));
  });
});
