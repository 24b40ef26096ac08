import { describe, expect, it } from 'vitest';
import { parseFieldSelector, parseLabelSelector, selectorText } from './selector.ts';

const labels = { app: 'web', tier: 'front', weight: '5' };

describe('label selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app in (web, api),!missing', true],
    ['tier notin (front)', false],
    ['missing notin (x)', true],
    ['weight>4,weight<6', true],
    ['weight>5', false],
    ['app,tier', true],
    ['app=', false],
  ])('%s gives %s', (text, matches) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(matches);
  });

  it('select everything when empty, and are refused when they cannot be read', () => {
    expect(parseLabelSelector(' ')).toBeUndefined();
    expect(() => parseLabelSelector('app in web')).toThrow('unable to parse requirement');
  });

  it('are written as text from their object form', () => {
    const selector = {
      matchLabels: { a: 'b' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['x', 'y'] },
        { key: 'd', operator: 'DoesNotExist' },
      ],
    };
    expect(selectorText(selector)).toBe('a=b,c in (x,y),!d');
  });
});

describe('field selectors', () => {
  it('are lists of equalities', () => {
    expect(parseFieldSelector('metadata.name=a,status.phase!=Running')).toEqual([
      { field: 'metadata.name', equal: true, value: 'a' },
      { field: 'status.phase', equal: false, value: 'Running' },
    ]);
    expect(() => parseFieldSelector('nonsense')).toThrow('invalid selector');
  });
});
