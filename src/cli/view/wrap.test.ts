import { describe, expect, it } from 'vitest';
import { wrapLine } from './wrap.ts';

describe('a line that is too wide', () => {
  it('breaks between words, with the later parts indented', () => {
    expect(wrapLine('  one two three', 9, '    ')).toEqual(['  one two', '    three']);
  });

  it('keeps a long word whole, so that a path can be copied', () => {
    expect(wrapLine('see /a/very/long/path now', 8, ' ')).toEqual(['see', ' /a/very/long/path', ' now']);
  });

  it('does not count colours', () => {
    expect(wrapLine('\u001b[31mone\u001b[39m two', 7, '')).toEqual(['\u001b[31mone\u001b[39m two']);
  });
});
