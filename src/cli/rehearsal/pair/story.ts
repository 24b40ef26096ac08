import type { EventStream } from '../../../base/index.ts';
import { failback, failover, installPair, platformDomain, vipOf, type Pair, type PairRun } from '../../../dr/index.ts';
import type { LabClient } from '../../../lab/control/index.ts';
import { failoverRegardless, installBroken, objectsWithoutPrefix } from './broken-prefix.ts';
import { surveyMachines, type Survey } from './machine-survey.ts';
import { orderWorkloadCluster } from './order-workload-cluster.ts';
import { awaitData, writeData } from './written-data.ts';

export interface Story {
  readonly pair: Pair;
  readonly lab: LabClient;
  readonly events: EventStream;
  /** A run of a workflow under an id of its own; until `signal` aborts, or the story's. */
  readonly run: (signal?: AbortSignal) => PairRun;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Both sides are installed and synchronised, a workload cluster is ordered, data are written; the primary loses its power, the
 * standby takes over, the primary comes back and takes over again. Answers the machines at each moment. With objects of `global`
 * that lack its prefix the story ends after the failover, which then goes through the gates that are there to stop it.
 */
export async function playStory(story: Story): Promise<Survey[]> {
  const { pair, lab, run, signal, say } = story;
  const broken = await objectsWithoutPrefix(pair);
  const surveys: Survey[] = [];
  const survey = async (moment: string): Promise<void> => {
    surveys.push({ moment, machines: await surveyMachines(lab) });
  };
  const losePower = async (): Promise<void> => {
    await lab.setPower(false, { cluster: 'global', site: 'primary' });
    say('the machines of the primary side have lost their power');
  };
  if (broken.length > 0) {
    say(`of global, and without its prefix: ${broken.join(', ')}; this rehearsal shows what a failover makes of that`);
    await installBroken(story);
    await lab.setNames({ [platformDomain(pair)]: vipOf(pair, 'primary') });
    await survey('before');
    await losePower();
    await failoverRegardless(story);
    await survey('after failover');
    return surveys;
  }
  await installPair(run());
  await orderWorkloadCluster({ pair, side: 'primary', signal, say });
  await writeData(pair, 'primary', 'before-failover', signal);
  await awaitData(pair, 'standby', 'before-failover', signal);
  say('the standby side holds what was written on the primary side, Secrets included');
  await survey('before');

  await losePower();
  await failover(run(), { acceptGates: ['sync'] });
  await survey('after failover');
  await awaitData(pair, 'standby', 'before-failover', signal);
  await writeData(pair, 'standby', 'after-failover', signal);

  await lab.setPower(true, { cluster: 'global', site: 'primary' });
  say('the primary side is back');
  await failback(run());
  await awaitData(pair, 'primary', 'after-failover', signal);
  say('the primary side holds what was written on the standby side meanwhile, Secrets included');
  await survey('after failback');
  return surveys;
}
