import { describe, expect, it } from 'vitest';
import { duplicateFields } from './duplicate-fields.ts';

describe('fields that a JSON text has twice', () => {
  it.each([
    ['{"a":{"b":1},"c":[{"b":1},{"b":2}]}', []],
    ['{"a":{"b":1,"b":2,"b":3}}', ['a.b']],
    ['{"a":[{"x":1},{"x":1,"x":2}],"a":[]}', ['a[1].x', 'a']],
    [String.raw`{"a":"\"b\": {[,","b" : 1}`, []],
    [String.raw`{"k\"ey":1,"k\"ey":2}`, ['k"ey']],
    ['[[{"a":1,"a":1}]]', ['[0][0].a']],
  ])('in %s are %j', (text, paths) => {
    expect(duplicateFields(text, JSON.parse(text))).toEqual(paths);
  });
});
