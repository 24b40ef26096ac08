import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom } from '../../src/base/index.ts';
import { stateOf } from './cluster-state.ts';
import { brokenRules, recordsOf, wholeLines } from './journal-rules.ts';
import { Timeline, Trigger, type Moment } from './moments.ts';
import { Program } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

/** GLOBALCTL_KILLS=500 is the longer form; GLOBALCTL_KILL_SEED draws other moments. */
const KILLS = Number(process.env['GLOBALCTL_KILLS'] ?? '50');
const SEED = process.env['GLOBALCTL_KILL_SEED'] ?? '1';
const KILLS_PER_REHEARSAL = 10;
/** Two cores. */
const AT_ONCE = 2;
const FLAGS = ['--speed', '2000'];

let program: Program;
let timeline: Timeline;
let steps: readonly string[];
let wanted: { readonly criteria: readonly string[]; readonly state: readonly string[] };

beforeAll(async () => {
  program = await Program.build();
  await using rehearsal = await Rehearsal.create(program, 'dcs');
  timeline = new Timeline();
  const seen: string[] = [];
  const measured = rehearsal.rehearse({
    flags: FLAGS,
    onLine: (line) => {
      timeline.read(line);
      if (line.type === 'step-started') seen.push(line.step);
    },
  });
  const first = await measured.ended;
  timeline.end();
  steps = seen;
  process.stdout.write(`an uninterrupted rehearsal took ${(timeline.durationMs / 1000).toFixed(1)} s\n`);
  expect(criteriaOf(first).every((c) => c.ok)).toBe(true);
  wanted = await finish(rehearsal);
  expect(wanted.state.filter((line) => line.startsWith('program: '))).toEqual([
    'program: push-cluster-api-provider-dcs.log tells of 1 runs',
    'program: push-cluster-api-provider-kubeadm.log tells of 1 runs',
    'program: setup.log tells of 1 runs',
  ]);
}, 240_000);

afterAll(async () => {
  await program[Symbol.asyncDispose]();
});

it(
  `a rehearsal that is killed at any moment ends in the same verified state when it is run again (${String(KILLS)} kills)`,
  async () => {
    const moments = timeline.draw(KILLS, new SeededRandom(SEED));
    const rehearsals = Math.ceil(KILLS / KILLS_PER_REHEARSAL);
    // Dealt out, so that the kills of one rehearsal lie far from each other.
    const hands = Array.from({ length: rehearsals }, (_, r) => moments.filter((_, i) => i % rehearsals === r));
    const struck: string[] = [];
    const troubles: string[] = [];
    const work = async (): Promise<void> => {
      for (let hand = hands.shift(); hand; hand = hands.shift()) troubles.push(...(await killed(hand, struck)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(troubles).toEqual([]);
    expect(struck).toHaveLength(KILLS);
  },
  KILLS * 60_000,
);

/** One rehearsal, killed at each of the moments and gone on with. Returns what is wrong, with where it was killed. */
async function killed(moments: readonly Moment[], struck: string[]): Promise<string[]> {
  await using rehearsal = await Rehearsal.create(program, 'dcs');
  const history: string[] = [];
  const troubles: string[] = [];
  const say = (trouble: string): void => void troubles.push(`${trouble} [${history.join('; ')}]`);
  let spent = { anchor: '', ms: 0 };
  let journal = '';
  /** The journal may only grow, unless the rehearsal has come to its end and its journal is with the reports. */
  const goOn = async (text: string): Promise<void> => {
    const now = wholeLines(text);
    if (!now.startsWith(journal)) {
      const reported = await rehearsal.reportedJournal();
      if (!reported.startsWith(journal) || !isFinished(reported)) say('the journal lost records');
      for (const rule of brokenRules(recordsOf(reported))) say(rule);
      history.push('(a new rehearsal)');
    }
    journal = now;
  };
  for (const moment of moments) {
    const name = `${moment.anchor} + ${moment.delayMs.toFixed(0)} ms`;
    // After the end of a run there is little time; where one was faster, another is begun, and struck sooner.
    for (let share = 1; ; share /= 2) {
      const spentMs = moment.delayMs * (1 - share) + (spent.anchor === moment.anchor ? spent.ms : 0);
      const running = rehearsal.rehearse({ flags: FLAGS, onLine: (line) => trigger.read(line) });
      const trigger = new Trigger(moment, { steps, spentMs, strike: () => running.kill('SIGKILL') });
      const ended = await running.ended;
      trigger.disarm();
      if (ended.code !== null) {
        history.push(`ended before ${name}`);
        if (ended.code === 0) await goOn('');
        else {
          say(`exit code ${String(ended.code)}: ${ended.stderr.slice(-3000)}`);
          return troubles;
        }
        continue;
      }
      history.push(name);
      struck.push(name);
      spent = { anchor: moment.anchor, ms: moment.delayMs };
      await goOn(await rehearsal.journal());
      break;
    }
  }
  const { criteria, state } = await finish(rehearsal).catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    return wanted;
  });
  await goOn(await rehearsal.journal());
  for (const rule of brokenRules(recordsOf(journal))) say(rule);
  for (const difference of differences(wanted.criteria, criteria)) say(difference);
  for (const difference of differences(wanted.state, state)) say(difference);
  return troubles;
}

/** Runs to the end, looks at what there is, and takes the data centre down. */
async function finish(rehearsal: Rehearsal): Promise<{ criteria: readonly string[]; state: readonly string[] }> {
  const ended = await rehearsal.rehearse({ flags: [...FLAGS, '--keep'] }).ended;
  const criteria = criteriaOf(ended);
  if (ended.code !== 0) throw new Error(`exit code ${String(ended.code)}: ${ended.stderr.slice(-3000)}`);
  const state = [...(await stateOf(rehearsal)), ...(await programRuns(rehearsal))];
  await rehearsal.labDown();
  return { criteria: criteria.map((c) => `${c.title}: ${c.ok ? 'met' : 'NOT met'}, ${c.observed}`), state };
}

/** How often setup.sh and packtool ran: each prints its first or last line once. The journal alone cannot say that. */
async function programRuns(rehearsal: Rehearsal): Promise<string[]> {
  const folder = join(dirname(rehearsal.journalPath), 'logs');
  const logs = (await readdir(folder)).filter((name) => name === 'setup.log' || /^push-.*\.log$/.test(name)).sort();
  return await Promise.all(
    logs.map(async (name) => {
      const runs = (await readFile(join(folder, name), 'utf8')).match(
        /^starting minialauda$|^cluster-api-.*: \d+ pushed, /gm,
      );
      return `program: ${name} tells of ${String(runs?.length ?? 0)} runs`;
    }),
  );
}

/** Whether the journal's last run came to its end: what can be killed then is only the tidying up. */
function isFinished(journal: string): boolean {
  const last = recordsOf(journal).at(-1);
  return last?.type === 'run-finished' && last.outcome === 'succeeded';
}

function differences(wantedLines: readonly string[], found: readonly string[]): string[] {
  return [
    ...wantedLines.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !wantedLines.includes(line)).map((line) => `extra: ${line}`),
  ];
}
