import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrRehearsal, reportOf, type DrLine } from './dr-rehearsal.ts';
import { Program } from './program.ts';

/** On two cores without other work the longest takes about two minutes; this is for machines that have other work. */
const LIMIT_MS = 600_000;

let program: Program;
beforeAll(async () => {
  program = await Program.build();
}, 120_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
});

/** `primary/apps: running running`, one for each kind of fate. */
function summary({ machines }: Required<DrLine>): string[] {
  const lines = machines.map(({ side, cluster, states }) => `${side}/${cluster}: ${states.join(' ')}`);
  return [...new Set(lines)].sort();
}

describe('a rehearsal of disaster recovery', () => {
  let rehearsal: DrRehearsal;
  beforeAll(async () => {
    rehearsal = await DrRehearsal.create(program, 'dcs');
  });
  afterAll(async () => {
    await rehearsal[Symbol.asyncDispose]();
  });

  it(
    'installs both sides, fails over and back, and shows that no machine was lost',
    async () => {
      const ended = await rehearsal.rehearse('--keep', '-o', 'json');
      const report = reportOf(ended);
      expect(ended.code).toBe(0);
      expect(report.moments).toEqual(['before', 'after failover', 'after failback']);
      expect(report.lost).toBe(0);
      expect(report.machines).toHaveLength(12);
      expect(summary(report)).toEqual([
        'primary/apps: running running running',
        'primary/global: running stopped running',
        'standby/global: running running running',
      ]);
    },
    LIMIT_MS,
  );

  it(
    'has the standby follow through a partition during which the primary deletes and compacts',
    async () => {
      await rehearsal.write('before-the-partition');
      await rehearsal.awaitStandby(['before-the-partition']);
      expect(await rehearsal.lab('link', '--state', 'down')).toContain('standby -> primary down');
      const names = Array.from({ length: 20 }, (_, i) => `partition-${String(i)}`);
      for (const name of names) await rehearsal.write(name);
      await rehearsal.remove('before-the-partition');
      await rehearsal.lab('compact', 'global', '--at', 'primary');
      await rehearsal.lab('link', '--state', 'up');
      await rehearsal.awaitStandby(names, ['before-the-partition']);
    },
    LIMIT_MS,
  );

  it(
    'has the standby follow over a slow line, and through one on which nothing arrives for a while',
    async () => {
      await rehearsal.lab('link', '--latency', '40', '--bandwidth', '500000');
      await rehearsal.write('slow');
      await rehearsal.awaitStandby(['slow']);
      await rehearsal.lab('link', '--state', 'silent');
      await rehearsal.write('unheard');
      expect(await rehearsal.lab('link')).toContain('standby -> primary silent, latency 40 ms');
      await rehearsal.lab('link', '--state', 'up', '--latency', '0', '--bandwidth', 'any');
      await rehearsal.awaitStandby(['slow', 'unheard']);
    },
    LIMIT_MS,
  );

  it(
    'has a standby that was restarted take up where it stopped',
    async () => {
      await rehearsal.write('before-the-restart');
      await rehearsal.awaitStandby(['before-the-restart']);
      await rehearsal.lab('power', 'off', 'global', '--at', 'standby');
      await rehearsal.write('while-it-was-off');
      await rehearsal.remove('before-the-restart');
      await rehearsal.lab('power', 'on', 'global', '--at', 'standby');
      await rehearsal.awaitStandby(['while-it-was-off'], ['before-the-restart']);
    },
    LIMIT_MS,
  );

  it(
    'has every write of a primary that is killed in the middle of writing, as far as it was acknowledged',
    async () => {
      const acknowledged: string[] = [];
      const writing = (async () => {
        for (let i = 0; ; i++) {
          await rehearsal.write(`killed-${String(i)}`);
          acknowledged.push(`killed-${String(i)}`);
        }
      })().catch((error: unknown) => error);
      await rehearsal.lab('power', 'off', 'global', '--at', 'primary');
      expect(await writing).toBeInstanceOf(Error);
      expect(acknowledged.length).toBeGreaterThan(0);
      await rehearsal.lab('power', 'on', 'global', '--at', 'primary');
      await rehearsal.awaitStandby(acknowledged);
    },
    LIMIT_MS,
  );
});

describe('a rehearsal of a pair with objects that lack the prefix', () => {
  it(
    'stops at the gates, and shows the machines that a failover without them deletes on both sides',
    async () => {
      await using rehearsal = await DrRehearsal.create(program, 'broken-prefix');
      const ended = await rehearsal.rehearse('-o', 'json');
      const report = reportOf(ended);
      expect(ended.code).toBe(8);
      expect(report.moments).toEqual(['before', 'after failover']);
      expect(report.machines.filter(({ lost }) => lost).map(({ name }) => name)).toEqual([
        'global-worker-1',
        'global-worker-2',
        'global-worker-1-standby',
        'global-worker-2-standby',
      ]);
      expect(summary(report)).toEqual([
        'primary/global: running gone',
        'primary/global: running stopped',
        'standby/global: running gone',
        'standby/global: running running',
      ]);
      expect(ended.stderr).toContain('MachineDeployment workers');
      expect(ended.stderr).toMatch(/CLOSED +machines-standby: .* 4 marked as deleted/);
      expect(ended.stderr).toContain('4 of 7 machines are lost or marked as deleted');
    },
    LIMIT_MS,
  );
});
