// What `globalctl dr switchover`, `failover` and `failback` do: say what would happen, ask, do it.
import { createInterface } from 'node:readline/promises';
import { GlobalctlError } from '../../base/index.ts';
import {
  failback,
  failover,
  gatesText,
  platformDomain,
  previewSwitch,
  switchover,
  type PairRun,
  type SwitchKind,
  type SwitchPreview,
} from '../../dr/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { canAsk, confirm } from '../ask.ts';
import { attachView } from '../view/attach.ts';
import { openRun, type RunFlags } from './pair-run.ts';
import { printPlan } from './print-plan.ts';

export interface SwitchFlags extends RunFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly acceptGate?: readonly string[];
  /** Of a failover only. */
  readonly acceptLoss?: boolean;
}

const workflows = { switchover, failover, failback } as const;

export async function switchSides(app: App, kind: SwitchKind, flags: SwitchFlags): Promise<void> {
  const run = await openRun(app, flags);
  const acceptGates = [...(flags.acceptGate ?? []), ...(kind === 'failover' ? ['sync'] : [])];
  const preview = await previewSwitch(run, kind, { acceptGates });
  if (flags.output === 'text') {
    app.print(
      `${kind}: from the ${preview.from} side to the ${preview.to} side${preview.resumed ? ', going on with an earlier run' : ''}`,
    );
    if (kind === 'failover') app.print(`\n${lossText(preview)}`);
    if (preview.gates.length > 0) app.print(`\n${app.redactor.redact(gatesText(preview.gates))}`);
  }
  if (flags.dryRun) {
    if (flags.output === 'text') app.print('');
    if (flags.output === 'json') app.print(app.redactor.redact(JSON.stringify(preview, undefined, 2)));
    else printPlan(app, flags.output, preview.steps);
    return;
  }
  await agree(app, run, flags, preview);
  const detach = attachView(app, run.events, { output: flags.output, verbose: flags.verbose, redactor: app.redactor });
  try {
    await workflows[kind](run, { acceptGates });
  } finally {
    detach();
    app.note(`journal: ${run.stateFolder}`);
  }
  if (flags.output === 'text') app.print(`the ${preview.to} side is active; no machine was lost`);
}

/** What a failover gives up, as far as anybody can know without the lost side. */
function lossText({ sync, from, to }: SwitchPreview): string {
  if ('consistent' in sync)
    return `The ${to} side holds what the ${from} side had at revision ${String(sync.sourceRevision)}.`;
  const { synced, lastCheck, reason } = sync;
  const missed = lastCheck ? [...lastCheck.missed, ...lastCheck.unlike] : [];
  return [
    `What the ${from} side wrote and the synchronizer had not carried over is lost.`,
    synced
      ? `  carried over: everything up to revision ${String(synced.revision)} of the ${from} side, written at ${synced.time}`
      : `  carried over: not known (${reason})`,
    lastCheck
      ? `  last comparison: ${lastCheck.time}, at revision ${String(lastCheck.sourceRevision)}: ${String(lastCheck.counts.missed + lastCheck.counts.unlike)} keys were not the same`
      : '  last comparison: none is known',
    ...missed.map((key) => `  known to be missing: ${key}`),
  ].join('\n');
}

/** A failover is agreed to by typing the platform domain; --yes must come with --accept-loss. */
async function agree(app: App, run: PairRun, flags: SwitchFlags, { kind, from, to }: SwitchPreview): Promise<void> {
  const stays = new GlobalctlError('CANCELLED', {
    message: 'nothing was changed',
    hint: 'Run the command again when it may go.',
  });
  if (kind !== 'failover') {
    const question = `Make the ${to} side active in the place of the ${from} side?`;
    if (!(await confirm(app, question, flags.yes))) throw stays;
    return;
  }
  if (flags.yes && flags.acceptLoss) return;
  const domain = platformDomain(run.pair);
  if (flags.yes || !canAsk(app))
    throw new GlobalctlError('USAGE', {
      message: 'a failover gives up what was not carried over, and nobody agreed to that',
      expected: `--yes --accept-loss, or ${domain} typed on a terminal`,
      hint: 'Read what is lost with --dry-run first.',
    });
  const terminal = createInterface({ input: app.stdin, output: app.stderr });
  try {
    const answer = await terminal.question(`Type ${domain} to fail over: `, { signal: app.signal });
    if (answer.trim() !== domain) throw stays;
  } finally {
    terminal.close();
  }
}
