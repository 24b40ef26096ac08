import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/index.ts';
import { PLATFORM_NAMESPACE, resources } from '../../../kube/index.ts';
import { Stage } from '../../../../test/rigs/installer/stage.ts';
import {
  loadSeal,
  readState,
  record,
  StateKeeper,
  updatePercentage,
  writeState,
  type InstallerState,
} from './index.ts';
import { isLater, JOURNAL_LENGTH } from './state.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const stateOf = (changes: Partial<InstallerState> = {}): InstallerState => ({
  format: 1,
  generation: 1,
  term: 0,
  revision: 0,
  runId: '',
  requestId: 'request-1',
  fingerprint: 'f',
  acceptedAt: '2026-01-01T00:00:00.000Z',
  percentage: 0,
  phases: [],
  journal: [],
  ...changes,
});

const ref = { name: 'cpaas-installer-state', namespace: PLATFORM_NAMESPACE };

describe('the seal of a request', () => {
  it('opens with the key that the cluster keeps, for the request that it was made for alone', async () => {
    const [one, two] = await Promise.all([loadSeal(stage.client), loadSeal(stage.client)]);
    const sealed = one.seal({ password: 'p4ssw0rd' }, 'request-1');
    expect(two.open(sealed, 'request-1')).toEqual({ password: 'p4ssw0rd' });
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('p4ssw0rd');
    expect(() => one.open(sealed, 'request-2')).toThrow(expect.objectContaining({ code: 'INSTALLER_STATE_INVALID' }));
    const torn = Buffer.from(sealed, 'base64');
    torn[torn.length - 1] = (torn[torn.length - 1] ?? 0) ^ 1;
    expect(() => one.open(torn.toString('base64'), 'request-1')).toThrow(
      expect.objectContaining({ code: 'INSTALLER_STATE_INVALID' }),
    );
    await stage.client.delete(resources.secrets, { name: 'cpaas-installer-key', namespace: PLATFORM_NAMESPACE });
    const another = await loadSeal(stage.client);
    expect(() => another.open(sealed, 'request-1')).toThrow();
    expect(another.fingerprint({ a: 1 })).not.toBe(one.fingerprint({ a: 1 }));
  });

  it('has one fingerprint for what says the same', async () => {
    const seal = await loadSeal(stage.client);
    expect(seal.fingerprint({ a: [1, { b: 2, c: 3 }], d: 4 })).toBe(seal.fingerprint({ d: 4, a: [1, { c: 3, b: 2 }] }));
    expect(seal.fingerprint({ a: [1, 2] })).not.toBe(seal.fingerprint({ a: [2, 1] }));
    expect(seal.fingerprint({ a: ['b', 1] })).not.toBe(seal.fingerprint({ a: { b: 1 } }));
  });
});

describe('the state', () => {
  it('knows what came after what', () => {
    const base = stateOf({ generation: 2, term: 3, revision: 4 });
    for (const later of [{ generation: 3, term: 0, revision: 0 }, { term: 4, revision: 0 }, { revision: 5 }])
      expect(isLater({ ...base, ...later }, base)).toBe(true);
    expect(isLater(base, base)).toBe(false);
    expect(isLater({ ...base, generation: 1, term: 9 }, base)).toBe(false);
  });

  it('weighs its phases, never goes back, and is at 100 only when it is complete', () => {
    const phase = { title: '', state: 'Active', attempts: 1 } as const;
    const state = stateOf({
      phases: [
        { ...phase, id: 'a', weight: 1, percentage: 100 },
        { ...phase, id: 'b', weight: 3, percentage: 50 },
      ],
    });
    updatePercentage(state);
    expect(state.percentage).toBe(62);
    for (const p of state.phases) p.percentage = 0;
    updatePercentage(state);
    expect(state.percentage).toBe(62);
    for (const p of state.phases) p.state = 'Done';
    updatePercentage(state);
    expect(state.percentage).toBe(99);
    state.completedAt = state.acceptedAt;
    updatePercentage(state);
    expect(state.percentage).toBe(100);
  });

  it('numbers its events on and on, and forgets the oldest', () => {
    const state = stateOf();
    for (let i = 0; i < JOURNAL_LENGTH + 5; i++) record(state, { time: '', type: 'failed', message: '' });
    expect(state.journal.map((e) => e.seq)).toEqual(Array.from({ length: JOURNAL_LENGTH }, (_, i) => i + 6));
  });

  it('stays sealed in the Secret, and is refused when something else has written there', async () => {
    const written = await writeState(stage.client, { state: stateOf(), sealed: 'c2VhbGVk' }, undefined);
    expect(await readState(stage.client)).toEqual(written);
    expect(written).toMatchObject({ state: stateOf(), sealed: 'c2VhbGVk' });
    await stage.client.patch(resources.secrets, ref, { type: 'merge', body: { stringData: { 'state.json': '{}' } } });
    await expect(readState(stage.client)).rejects.toMatchObject({ code: 'INSTALLER_STATE_INVALID' });
  });
});

describe('a run that keeps the state', () => {
  const keep = async (signal: AbortSignal): Promise<{ keeper: StateKeeper; lost: string[] }> => {
    const stored = await writeState(stage.client, { state: stateOf(), sealed: 'c2VhbGVk' }, undefined);
    const lost: string[] = [];
    const keeper = new StateKeeper({
      client: stage.client,
      stored,
      clock: systemClock,
      signal,
      onChange: () => undefined,
      onTrouble: (error) => lost.push(`trouble ${error.code}`),
      onLost: (error) => lost.push(error.code),
    });
    keeper.state.runId = 'run-1';
    keeper.state.term = 1;
    await keeper.save();
    return { keeper, lost };
  };

  it('goes on after somebody has touched the Secret without changing the state', async () => {
    const { keeper, lost } = await keep(new AbortController().signal);
    const metadata = { labels: { somebody: 'was-here' } };
    await stage.client.patch(resources.secrets, ref, { type: 'merge', body: { metadata } });
    keeper.state.percentage = 7;
    await keeper.save();
    expect((await readState(stage.client))?.state.percentage).toBe(7);
    expect(lost).toEqual([]);
  });

  it('ends when another run has written, and when the Secret is gone, and overwrites neither', async () => {
    const { keeper, lost } = await keep(new AbortController().signal);
    const present = await readState(stage.client);
    const state = stateOf({ term: 2, runId: 'run-2', percentage: 50 });
    await writeState(stage.client, { state, sealed: undefined }, present);
    keeper.state.percentage = 7;
    await expect(keeper.save()).rejects.toMatchObject({ code: 'INSTALLER_SUPERSEDED' });
    expect((await readState(stage.client))?.state).toEqual(state);
    expect(lost).toEqual(['INSTALLER_SUPERSEDED']);

    await stage.clear();
    const second = await keep(new AbortController().signal);
    await stage.client.delete(resources.secrets, ref);
    await expect(second.keeper.save()).rejects.toMatchObject({ code: 'INSTALLER_SUPERSEDED' });
    expect(await readState(stage.client)).toBeUndefined();
  });

  it('drops the request with its passwords when it is told to', async () => {
    const { keeper } = await keep(new AbortController().signal);
    keeper.dropRequest();
    await keeper.save();
    const secret = await stage.client.get(resources.secrets, ref);
    expect(Object.keys(secret['data'] as object)).toEqual(['state.json']);
  });
});
