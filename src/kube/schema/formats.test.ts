import { describe, expect, it } from 'vitest';
import { matchesFormat } from './formats.ts';

describe('matchesFormat', () => {
  it.each([
    ['ipv4', ['10.0.0.1'], ['10.0.0', '::1', '']],
    ['cidr', ['10.0.0.0/8', 'fe80::/10'], ['10.0.0.0', '10.0.0.0/33']],
    ['mac', ['00:11:22:33:44:55', '00-11-22-33-44-55', '0011.2233.4455'], ['00:11', '00:11:22-33:44:55']],
    ['hostname', ['a', 'a.example', 'node-1.a.io'], ['a.b', 'a_b', '-a', '']],
    ['date', ['2020-02-29'], ['2020-02-30', '2020-1-1', 'x']],
    ['date-time', ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00.5+02:00'], ['2020-01-01', '2020-13-01T00:00:00Z']],
    ['duration', ['1h', '1h30m', '5 min', '1d'], ['x', '', '10']],
    ['byte', ['YQ=='], ['YWI', 'a b', '']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['x']],
    ['uri', ['http://a', '/p', 'a:b'], ['x']],
  ])('%s takes and refuses what the real server does', (format, good, bad) => {
    expect(good.filter((value) => !matchesFormat(format, value))).toEqual([]);
    expect(bad.filter((value) => matchesFormat(format, value))).toEqual([]);
  });

  it('leaves formats alone that only document', () => {
    expect(matchesFormat('int32', 'x')).toBe(true);
    expect(matchesFormat('constructor', 'x')).toBe(true);
  });
});
