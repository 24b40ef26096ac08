import { isGlobalctlError } from '../../../base/index.ts';
import {
  failback,
  failover,
  gatesText,
  installPair,
  previewSwitch,
  type Pair,
  type PairRun,
} from '../../../dr/index.ts';
import { PLATFORM_NAMESPACE, HttpKubeClient, resources, watchUntil } from '../../../kube/index.ts';
import type { LabClient } from '../../../lab/control/index.ts';
import { surveyMachines, type Survey } from './machine-survey.ts';
import { globalKubeconfig, orderWorkloadCluster } from './order-workload-cluster.ts';
import { awaitData, writeData } from './written-data.ts';

export interface Story {
  readonly pair: Pair;
  readonly lab: LabClient;
  /** A run of a workflow under an id of its own. */
  readonly run: () => PairRun;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** How long a provider may take to delete machines, in real time. */
const DELETION_LIMIT_MS = 120_000;

/**
 * Both sides are installed and synchronised, a workload cluster is ordered, data are written; the primary loses its power, the
 * standby takes over, the primary comes back and takes over again. Answers the machines at each moment.
 */
export async function playStory(story: Story): Promise<Survey[]> {
  const { pair, lab, run, signal, say } = story;
  await installPair(run());
  await orderWorkloadCluster({ pair, side: 'primary', signal, say });
  await writeData(pair, 'primary', 'before-failover', signal);
  await awaitData(pair, 'standby', 'before-failover', signal);
  say('the standby side holds what was written on the primary side, Secrets included');
  const surveys: Survey[] = [];
  const survey = async (moment: string): Promise<void> => {
    surveys.push({ moment, machines: await surveyMachines(lab) });
  };
  await survey('before');

  const { gates } = await previewSwitch(run(), 'switchover');
  // Objects without the prefix are what a rehearsal can show the end of; at any other gate the failover below stops by itself.
  const broken = gates.some(({ id, ok }) => !ok && id.startsWith('prefix-'));
  await lab.setPower(false, { cluster: 'global', site: 'primary' });
  say('the machines of the primary side have lost their power');
  if (broken) {
    say(`globalctl dr failover would stop at these gates:\n${gatesText(gates)}`);
    say('going on without them, as a procedure by hand does');
    await regardless(
      story,
      gates.map(({ id }) => id),
    );
    await survey('after failover');
    return surveys;
  }
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

/** A failover through closed gates; what the providers then delete is waited for. */
async function regardless({ pair, run, signal, say }: Story, acceptGates: readonly string[]): Promise<void> {
  try {
    await failover(run(), { acceptGates });
  } catch (error) {
    if (!isGlobalctlError(error) || signal.aborted) throw error;
    say(`failover: ${error.message}`);
  }
  const client = await HttpKubeClient.fromFile(globalKubeconfig(pair, 'standby'), {
    proxyUrl: pair.standby.loaded.site.access.proxy,
  });
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(DELETION_LIMIT_MS)]);
    await watchUntil(client, resources.machines, { namespace: PLATFORM_NAMESPACE, signal: limit }, (store) =>
      [...store.values()].every(({ metadata }) => metadata.deletionTimestamp === undefined) ? true : undefined,
    );
  } catch {
    // Machines that cannot be deleted are shown as what they are.
    signal.throwIfAborted();
  } finally {
    await client.close();
  }
}
