import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const bench = fileURLToPath(new URL('../../bench/lab/run.mjs', import.meta.url));

it('the bench of the lab runs, and ends with its figures in one line of JSON', { timeout: 60_000 }, () => {
  const only = (part: string): unknown => {
    const run = spawnSync(process.execPath, [bench, '--tiny', '--only', part], {
      encoding: 'utf8',
      // The lab alone: no other servers.
      env: { ...process.env, KUBEBUILDER_ASSETS: '', PATH: '' },
    });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    return JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '');
  };
  expect(only('api')).toMatchObject({
    bench: 'lab',
    size: 'tiny',
    lab: {
      'created/s with 1 watcher': expect.any(Number) as number,
      'events/s with 3 watchers': expect.any(Number) as number,
      'event ms since sent, median with 3 watchers': expect.any(Number) as number,
      'listed objects/s, whole lists': expect.any(Number) as number,
    },
  });
  expect(only('etcd')).toMatchObject({ lab: { 'etcd puts/s': expect.any(Number) as number } });
  expect(only('memory')).toMatchObject({
    lab: { '10 objects: created/s while filling': expect.any(Number) as number },
  });
});
