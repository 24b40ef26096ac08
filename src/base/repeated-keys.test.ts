import { describe, expect, it } from 'vitest';
import { repeatedKeys } from './repeated-keys.ts';

describe('keys that a JSON text has twice', () => {
  it.each<[string, (string | number)[][]]>([
    ['{"a":{"b":1},"c":[{"b":1},{"b":2}]}', []],
    [
      '{"a":{"b":1,"b":2,"b":3}}',
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ],
    ['{"a":[0,{"x/y":1,"x/y":2}],"a":[]}', [['a', 1, 'x/y'], ['a']]],
    [String.raw`{"a":"\"b\": {[,","b" : 1}`, []],
    [String.raw`{"k\u0022ey":1,"k\"ey":2}`, [['k"ey']]],
    ['{"__proto__":1,"__proto__":2}', [['__proto__']]],
    ['"a"', []],
  ])('of %s are %j', (text, paths) => {
    expect([...repeatedKeys(text)]).toEqual(paths);
  });

  it('cost neither stack nor memory in a text that is deep', () => {
    const depth = 50_000;
    expect([...repeatedKeys(`${'['.repeat(depth)}${']'.repeat(depth)}`)]).toEqual([]);
  });
});
