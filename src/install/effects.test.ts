import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream, ManualClock, type StampedEvent } from '../base/index.ts';
import { Effects, hashInputs } from './effects.ts';
import { Journal } from './journal.ts';

let folder: string;
let journal: Journal;
let events: EventStream;
let heard: StampedEvent[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-effects-'));
  journal = await Journal.open(join(folder, 'journal.jsonl'), new ManualClock());
  events = new EventStream();
  heard = [];
  events.subscribe((e) => heard.push(e));
});
afterEach(async () => {
  await journal.close();
  await rm(folder, { recursive: true });
});

const effects = (): Effects => new Effects({ journal, events, step: 's' });
const types = (): string[] => journal.records.map((r) => r.type);

/** A world with one switch. */
function world(present = false) {
  const state = { present, runs: 0 };
  const effect = (inputs: unknown = 1) => ({
    effect: 'push',
    inputs,
    observe: () => Promise.resolve(state.present),
    run: () => {
      state.runs++;
      state.present = true;
      return Promise.resolve();
    },
  });
  return { state, effect };
}

describe('effects', () => {
  it('records an effect before and after it is carried out', async () => {
    const { state, effect } = world();
    expect(await effects().perform(effect())).toBe('done');
    expect(types()).toEqual(['effect-started', 'effect-done']);
    expect(state.runs).toBe(1);
  });

  it('does nothing for an effect that the world shows, and records once that it was seen', async () => {
    const { state, effect } = world(true);
    await effects().perform(effect());
    await effects().perform(effect());
    expect(state.runs).toBe(0);
    expect(types()).toEqual(['effect-observed']);
  });

  it('repeats an effect whose end was not recorded and which the world does not show', async () => {
    const { state, effect } = world();
    await journal.append({ type: 'effect-started', step: 's', effect: 'push', inputs: hashInputs(1) });
    await effects().perform(effect());
    expect(state.runs).toBe(1);
  });

  it('says so when an effect that had been done is gone', async () => {
    const { state, effect } = world();
    await effects().perform(effect());
    state.present = false;
    await effects().perform(effect());
    expect(types()).toEqual(['effect-started', 'effect-done', 'effect-lost', 'effect-started', 'effect-done']);
    expect(heard.some((e) => e.type === 'log' && e.level === 'warn')).toBe(true);
  });

  it('hands the process of an interrupted effect to the next run, and not one of a finished effect', async () => {
    const seen: unknown[] = [];
    const interrupted = {
      effect: 'setup',
      inputs: 1,
      observe: () => Promise.resolve(false),
      run: (record: { earlierProcess: unknown }) => {
        seen.push(record.earlierProcess);
        return Promise.resolve();
      },
    };
    await journal.append({ type: 'effect-started', step: 's', effect: 'setup', inputs: hashInputs(1) });
    await journal.append({ type: 'effect-process', step: 's', effect: 'setup', pid: 7, startTicks: '42' });
    await effects().perform(interrupted);
    await effects().perform(interrupted);
    expect(seen).toEqual([{ pid: 7, startTicks: '42' }, undefined]);
  });

  it('hashes inputs alike whatever the order of their keys', () => {
    expect(hashInputs({ a: 1, b: [{ c: 2, d: undefined }] })).toBe(hashInputs({ b: [{ c: 2 }], a: 1 }));
    expect(hashInputs({ a: 1 })).not.toBe(hashInputs({ a: '1' }));
  });
});
