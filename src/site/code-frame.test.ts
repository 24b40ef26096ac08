import { describe, expect, it } from 'vitest';
import { codeFrame } from './code-frame.ts';
import { editDistance, nearestName } from './nearest-name.ts';

describe('a code frame', () => {
  const at = (line: number, column: number) => ({ file: 'f', line, column });

  it('shows the line, the one before, and a caret under each letter at fault', () => {
    expect(codeFrame({ lines: ['a: 1', 'bc: 22', 'd: 3'], place: at(2, 5), length: 2 })).toBe(
      ['1 | a: 1', '2 | bc: 22', '  |     ^^'].join('\n'),
    );
  });

  it('lines up numbers of different width, and tabs', () => {
    const lines = [...Array.from({ length: 9 }, () => ''), '\tx: y'];
    expect(codeFrame({ lines, place: at(10, 5) })).toBe([' 9 |', '10 |  x: y', '   |     ^'].join('\n'));
  });

  it('cuts a long line around the place and never marks beyond its end', () => {
    const frame = codeFrame({ lines: [`${'x'.repeat(5000)}!`], place: at(1, 5001), length: 99 });
    const [line = '', caret = ''] = frame.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('!');
    expect(caret.endsWith(' ^')).toBe(true);
  });

  it('stays inside the file for a place behind its end', () => {
    expect(codeFrame({ lines: ['a:'], place: at(7, 9) })).toContain('1 | a:');
  });
});

describe('the nearest name', () => {
  it('counts insertions, deletions and replacements', () => {
    expect([editDistance('kitten', 'sitting'), editDistance('', 'abc'), editDistance('abc', 'abc')]).toEqual([3, 3, 0]);
  });

  it('is found across case, hyphens and slips, and is not invented', () => {
    const names = ['controlPlaneVIP', 'podCIDR', 'serviceCIDR'];
    expect(nearestName('control-plane-vip', names)).toBe('controlPlaneVIP');
    expect(nearestName('servicCIDR', names)).toBe('serviceCIDR');
    expect(nearestName('gateway', names)).toBeUndefined();
    expect(nearestName('x'.repeat(10_000), names)).toBeUndefined();
  });
});
