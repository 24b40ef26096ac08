import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream, ManualClock, type StampedEvent } from '../base/index.ts';
import { Journal } from './journal.ts';
import { planSteps, runSteps, selectSteps, type RunnerOptions } from './runner.ts';
import type { Step } from './step.ts';

interface World {
  done: Set<string>;
  log: string[];
  inputs: Record<string, unknown>;
}

function step(id: string, more: Partial<Step<World>> = {}): Step<World> {
  return {
    id,
    title: `Step ${id}`,
    timeoutMs: 60_000,
    inputs: (w) => Promise.resolve(w.inputs[id] ?? 0),
    probe: (w) =>
      Promise.resolve(w.done.has(id) ? { state: 'done', reason: 'seen' } : { state: 'absent', reason: 'not there' }),
    act: (w) => {
      w.log.push(`act ${id}`);
      w.done.add(id);
      return Promise.resolve();
    },
    ...more,
  };
}

let folder: string;
let journal: Journal;
let world: World;
let heard: StampedEvent[];
const clock = new ManualClock();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-runner-'));
  journal = await Journal.open(join(folder, 'journal.jsonl'), clock);
  world = { done: new Set(), log: [], inputs: {} };
  heard = [];
});
afterEach(async () => {
  await journal.close();
  await rm(folder, { recursive: true });
});

function run(steps: Step<World>[], more: Partial<RunnerOptions<World>> = {}): Promise<void> {
  const events = new EventStream();
  events.subscribe((e) => heard.push(e));
  return runSteps({
    steps,
    context: world,
    journal,
    events,
    clock,
    signal: new AbortController().signal,
    runId: 'r1',
    command: 'install',
    site: 'demo',
    version: '0',
    ...more,
  });
}

describe('the runner', () => {
  it('acts on what is absent, passes over what is done, in order', async () => {
    world.done.add('b');
    await run([step('a'), step('b'), step('c')]);
    expect(world.log).toEqual(['act a', 'act c']);
    expect(heard.filter((e) => e.type === 'step-finished').map((e) => e.outcome)).toEqual([
      'done',
      'already-done',
      'done',
    ]);
  });

  it('trusts the world before the journal: a finished step whose result is gone is done again', async () => {
    await run([step('a')]);
    world.done.clear();
    await run([step('a')]);
    expect(world.log).toEqual(['act a', 'act a']);
  });

  it('says aloud that the input of a finished step changed', async () => {
    await run([step('a')]);
    world.inputs['a'] = 'other';
    world.done.clear();
    await run([step('a')]);
    expect(journal.records.some((r) => r.type === 'input-changed')).toBe(true);
    expect(heard.some((e) => e.type === 'log' && e.level === 'warn' && e.message.includes('input changed'))).toBe(true);
  });

  it('does not promise to apply what a finished step cannot change any more', async () => {
    await run([step('a', { changeIsIgnored: 'the first request stays' })]);
    world.inputs['a'] = 'other';
    await run([step('a', { changeIsIgnored: 'the first request stays' })]);
    const said = heard.flatMap((e) => (e.type === 'log' && e.level === 'warn' ? [e.message] : []));
    expect(said).toEqual([expect.stringMatching(/its input changed since .*; the first request stays$/)]);
  });

  it('refuses to call a step finished when the look afterwards does not show it', async () => {
    await expect(run([step('a', { act: () => Promise.resolve() })])).rejects.toMatchObject({ code: 'STEP_STALLED' });
    expect(journal.records.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'failed' });
  });

  it.each([
    ['the diagnosis', () => Promise.resolve('the VM waits for an IP address'), 'the VM waits for an IP address'],
    ['why there is none', () => Promise.reject(new Error('boom')), 'the diagnosis itself failed: boom'],
  ])('ends a wait at its deadline with %s', async (_what, diagnose, found) => {
    let waiting: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (waiting = resolve));
    const endless = step('a', {
      act: () => Promise.resolve(),
      wait: (_w, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
          waiting();
        }),
    });
    const outcome = run([endless], { diagnose });
    const checked = expect(outcome).rejects.toMatchObject({
      code: 'STEP_STALLED',
      details: { found },
    });
    await entered;
    await clock.advance(60_001);
    await checked;
  });

  it('stops cleanly when interrupted and records it', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(run([step('a')], { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(world.log).toEqual([]);
    expect(journal.records.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'interrupted' });
  });

  it('selects steps by name and refuses unknown names with the list', () => {
    const steps = [step('a'), step('b'), step('c')];
    expect(selectSteps(steps, { from: 'b' }).map((s) => s.id)).toEqual(['b', 'c']);
    expect(selectSteps(steps, { until: 'b' }).map((s) => s.id)).toEqual(['a', 'b']);
    expect(() => selectSteps(steps, { from: 'x' })).toThrowError(/no step is called x/);
  });

  it('plans without acting', async () => {
    world.done.add('a');
    const plans = await planSteps(
      [step('a'), step('b', { plan: () => Promise.resolve([{ action: 'create', subject: 'Cluster global' }]) })],
      world,
    );
    expect(plans.map((p) => [p.step, p.probe.state, p.changes.length])).toEqual([
      ['a', 'done', 0],
      ['b', 'absent', 1],
    ]);
    expect(world.log).toEqual([]);
  });
});
