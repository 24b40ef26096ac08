import { randomUUID } from 'node:crypto';
import { EventStream, GlobalctlError } from '../../base/index.ts';
import { platformDomain, type Pair, type PairRun } from '../../dr/index.ts';
import { HostPaths } from '../../install/index.ts';
import type { App } from '../app.ts';
import { version } from '../version.ts';
import { openPair } from './open-pair.ts';
import { sideKubeconfigs, type PairFlags } from './flags.ts';

export interface RunFlags extends PairFlags {
  readonly domainHook?: string;
  readonly timeout?: number;
}

/** What a workflow over the pair of a command is given. */
export async function openRun(app: App, flags: RunFlags): Promise<PairRun> {
  const pair = await openPair(app, flags.filename, app.redactor);
  for (const { loaded } of [pair.primary, pair.standby])
    // What is read is hidden in every log; one that is gone hides nothing.
    await Promise.allSettled(loaded.secretReferences().map(({ reference }) => loaded.resolveSecret(reference)));
  const hook = flags.domainHook === undefined ? undefined : parseHook(flags.domainHook);
  return {
    pair,
    kubeconfigs: sideKubeconfigs(app, flags),
    domain: hook && { hook },
    stateFolder: pairStateFolder(pair),
    clock: app.clock,
    events: new EventStream(() => app.clock.now()),
    redactor: app.redactor,
    signal: app.signal,
    version,
    runId: randomUUID(),
    timeoutMs: flags.timeout,
  };
}

/** Beside the state of the standby side: the primary's host may be what a failover has lost. */
function pairStateFolder(pair: Pair): string {
  const { loaded } = pair.standby;
  return new HostPaths(loaded.resolvePath(loaded.site.bootstrap.hostRoot)).stateFolder(`dr-${platformDomain(pair)}`);
}

/** A JSON list, or words with spaces between them. */
function parseHook(text: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) return text.trim().split(/\s+/);
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string')) return words;
  } catch {
    // Said below.
  }
  throw new GlobalctlError('USAGE', {
    message: '--domain-hook is no command',
    expected: 'words, or a JSON list of words: ["set-dns", "{domain}", "{ip}"]',
    found: text,
  });
}
