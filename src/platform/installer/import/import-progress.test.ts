import { describe, expect, it } from 'vitest';
import { populate, prepareSource, Side } from '../../../../test/rigs/import/sides.ts';
import { importCluster } from './import.ts';
import { ImportProgress } from './import-progress.ts';

describe('how far an import is', () => {
  it('is told in hundredths, each once, and never falls', () => {
    const told: number[] = [];
    const progress = new ImportProgress((fraction) => void told.push(fraction));
    progress.ended('check');
    progress.ended('definitions');
    for (let done = 1; done <= 10_000; done++) progress.within('move', done, 10_000);
    // A second round begins anew, and has little to do.
    progress.within('move', 1, 2);
    progress.ended('move');
    progress.within('verify', 0, 0);
    progress.ended('release');
    const percent = told.map((fraction) => Math.round(fraction * 100));
    expect(percent.slice(0, 3)).toEqual([5, 15, 16]);
    expect(percent.slice(-3)).toEqual([80, 98, 100]);
    expect(new Set(percent).size).toBe(percent.length);
    expect(percent).toEqual([...percent].sort((a, b) => a - b));
  });

  it.each(['etcdctl', 'kubectl'] as const)(
    'shows in steps of the objects that go by %s, up to the end',
    async (method) => {
      await using source = await Side.start();
      await using target = await Side.start();
      await populate(source);
      await prepareSource(source, method);
      const told: number[] = [];
      const stores = { source: source.store, target: target.store };
      await importCluster({
        source: source.client,
        target: target.client,
        connectEtcds: () => Promise.resolve({ ...stores, [Symbol.asyncDispose]: () => Promise.resolve() }),
        ensureBackup: () => Promise.resolve('/backup.tar.gz'),
        signal: AbortSignal.timeout(30_000),
        log: () => undefined,
        onProgress: (fraction) => void told.push(fraction),
      });
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(told.at(-1)).toBe(1);
      // There are 13 objects; each of them shows while they are moved, and while they are read back.
      expect(told.filter((fraction) => fraction > 0.15 && fraction < 0.8).length).toBeGreaterThanOrEqual(12);
      expect(told.filter((fraction) => fraction > 0.8 && fraction < 0.98).length).toBeGreaterThanOrEqual(10);
    },
  );
});
