import { formatDuration } from '../../base/index.ts';
import { shellWord } from './shell-word.ts';

export interface AfterwardsOptions {
  readonly flags: { readonly filename: string; readonly stateDir?: string; readonly keep: boolean };
  readonly bootstrapKubeconfig: string;
  readonly globalKubeconfig: string;
  readonly journal: string;
}

export interface Afterwards {
  /** After Ctrl-C or a failure; the data centre then ends by itself when nobody uses it for so long. */
  interrupted(how: 'stopped' | 'failed', idleTimeoutMs: number): string;
  stoppedAfter(step: string): string;
  kept(): string;
}

/** What to do next with a rehearsal that is still up, as commands that can be pasted. */
export function afterwards(options: AfterwardsOptions): Afterwards {
  const { flags } = options;
  const site = `-f ${shellWord(flags.filename)}`;
  const place = flags.stateDir === undefined ? '' : ` --state-dir ${shellWord(flags.stateDir)}`;
  const kubectl = (kubeconfig: string, words: string): string =>
    `kubectl --kubeconfig ${shellWord(kubeconfig)} ${words}`;
  const look = (command: string): string => `globalctl ${command} ${site} --rehearsal${place}`;
  const goOn = `globalctl rehearse ${site}${place}${flags.keep ? ' --keep' : ''}`;
  const end = `globalctl lab down ${site}${place}`;
  const machines = kubectl(
    options.bootstrapKubeconfig,
    'get clusters,kubeadmcontrolplanes,machinedeployments,machines -A',
  );
  return {
    interrupted: (how, idleTimeoutMs) =>
      [
        '',
        `${how}; the data centre stays up until nobody uses it for ${formatDuration(idleTimeoutMs)}.`,
        `  go on:        ${goOn}`,
        `  look around:  ${look('status')}`,
        `                ${machines}`,
        `  journal:      ${options.journal}`,
        `  end it:       ${end}`,
      ].join('\n'),
    stoppedAfter: (step) =>
      [
        '',
        `stopped after ${step}; the data centre stays up.`,
        `  go on:        ${goOn}`,
        `  look around:  ${look('status')}`,
        `  end it:       ${end}`,
      ].join('\n'),
    kept: () =>
      [
        '',
        'the data centre stays up. Look around:',
        `  ${look('status')}`,
        `  ${look('verify')}`,
        `  ${look('plan')}`,
        `  ${machines}`,
        `  ${kubectl(options.globalKubeconfig, 'get nodes')}`,
        'End it:',
        `  ${end}`,
      ].join('\n'),
  };
}
