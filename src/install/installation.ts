import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { isGlobalctlError, type Clock, type EventStream, type Redactor } from '../base/index.ts';
import { diagnose, formatDiagnosis, readInventory, type Criterion, type Inventory } from '../observe/index.ts';
import { PLATFORM_NAMESPACE, resources, type KubeClient, type KubeObject } from '../kube/index.ts';
import { registryAuthSecret } from '../manifests/index.ts';
import type { SupportedProvider } from '../providers/index.ts';
import { checkSite, refuseErrors, type LoadedSite } from '../site/index.ts';
import { lintSite } from '../lint/index.ts';
import { ClusterConnections } from './clusters.ts';
import type { InstallContext } from './context.ts';
import { HostPaths } from './host-paths.ts';
import { installerWish } from './installer-access.ts';
import { Journal } from './journal.ts';
import { acquireLock } from './lock.ts';
import { Rendering } from './rendering.ts';
import { planSteps, runSteps, selectSteps, type RunSelection, type StepPlan } from './runner.ts';
import { steps } from './steps/index.ts';
import { lastLogLines, verify } from './steps/monitor.ts';

export interface InstallationOptions {
  readonly loaded: LoadedSite;
  readonly provider: SupportedProvider;
  readonly clock: Clock;
  readonly events: EventStream;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** Kubeconfig of the bootstrap cluster; the site's, or the one that setup.sh writes, when absent. */
  readonly kubeconfig?: string | undefined;
}

export interface RunOptions {
  readonly command: string;
  readonly version: string;
  readonly runId: string;
  readonly select?: RunSelection;
  readonly timeoutMs?: number | undefined;
}

/** One installation of one site, on this host: what the commands install, plan, status and verify work on. */
export class Installation implements AsyncDisposable {
  readonly context: InstallContext;

  constructor(options: InstallationOptions) {
    const { loaded, provider, clock, events, redactor, signal } = options;
    const { site } = loaded;
    const host = new HostPaths(loaded.resolvePath(site.bootstrap.hostRoot));
    const stateFolder = host.stateFolder(site.metadata.name);
    const kubeconfig =
      options.kubeconfig ??
      (site.access.kubeconfig === undefined ? host.bootstrapKubeconfig : loaded.resolvePath(site.access.kubeconfig));
    const clusters = new ClusterConnections({
      bootstrapKubeconfig: kubeconfig,
      stateFolder,
      proxyUrl: site.access.proxy,
      installer: installerWish(loaded),
      redactor,
      clock,
    });
    const rendering = new Rendering({
      loaded,
      provider,
      check: async () => refuseErrors([...checkSite(loaded), ...(await lintSite(loaded)).findings], loaded.path),
      authenticated: async () => {
        const client = await clusters.bootstrapIfUp(signal);
        return client && (await registryWantsLogin(client, signal));
      },
    });
    this.context = { loaded, provider, host, stateFolder, clusters, rendering, clock, events, redactor, signal };
  }

  static get stepIds(): readonly string[] {
    return steps.map((s) => s.id);
  }

  /** Throws STEP_UNKNOWN for a step that is none. */
  static checkSelection(select: RunSelection): void {
    selectSteps(steps, select);
  }

  get journalPath(): string {
    return join(this.context.stateFolder, 'journal.jsonl');
  }

  get eventLogPath(): string {
    return join(this.context.stateFolder, 'logs/events.jsonl');
  }

  /** Where backups go that nobody named a place for. */
  get backupFolder(): string {
    return join(this.context.stateFolder, 'backups');
  }

  /** Runs the steps of the selection under the lock. Throws the first failure; every step can be run again. */
  async run(options: RunOptions): Promise<void> {
    const { context } = this;
    selectSteps(steps, options.select);
    await mkdir(join(context.stateFolder, 'logs'), { recursive: true, mode: 0o700 });
    await using _lock = await acquireLock(context.stateFolder);
    const journal = await Journal.open(this.journalPath, context.clock);
    const log = createWriteStream(this.eventLogPath, { flags: 'a', mode: 0o600 });
    const unsubscribe = context.events.subscribe((event) =>
      log.write(`${JSON.stringify(context.redactor.redactDeep(event))}\n`),
    );
    try {
      await runSteps({
        steps,
        context,
        journal,
        events: context.events,
        clock: context.clock,
        signal: context.signal,
        runId: options.runId,
        command: options.command,
        site: context.loaded.site.metadata.name,
        version: options.version,
        timeoutMs: options.timeoutMs,
        ...(options.select && { select: options.select }),
        diagnose: () => this.diagnose(),
      });
    } finally {
      unsubscribe();
      await closeStream(log);
      await journal.close();
    }
  }

  async plan(select?: RunSelection): Promise<StepPlan[]> {
    return await planSteps(selectSteps(steps, select), this.context);
  }

  async verify(): Promise<readonly Criterion[]> {
    return await verify(this.context);
  }

  /** The Cluster API objects of the bootstrap cluster; undefined while its API does not answer. */
  async inventory(): Promise<Inventory | undefined> {
    const client = await this.context.clusters.bootstrapIfUp(this.context.signal);
    return client && (await readInventory(client, this.context.provider.kinds, this.context.signal));
  }

  /** Those of the new cluster; undefined before there is one and while its API does not answer. */
  async globalInventory(): Promise<Inventory | undefined> {
    const { clusters, provider, signal } = this.context;
    try {
      const client = await clusters.global(signal);
      return client && (await readInventory(client, provider.kinds, signal));
    } catch (error) {
      if (isGlobalctlError(error, 'KUBE_UNREACHABLE')) return undefined;
      throw error;
    }
  }

  /** Why the installation stands still, in words; undefined when there is nothing to look at. */
  async diagnose(): Promise<string | undefined> {
    const inventory = await this.inventory();
    if (!inventory) return undefined;
    const { provider, clusters, clock, signal } = this.context;
    return formatDiagnosis(
      await diagnose({
        provider,
        inventory,
        cluster: await clusters.global(signal).catch(() => undefined),
        registryDomain: this.context.loaded.site.platform.registryDomain,
        appReleases: await this.#appReleases(),
        installerError: await this.#installerError(),
        installerLog: await lastLogLines(this.context, 50),
        nowMs: clock.now(),
        signal,
      }),
    );
  }

  async #appReleases(): Promise<readonly KubeObject[]> {
    const { clusters, signal } = this.context;
    const client = await clusters.bootstrapIfUp(signal);
    // Before the operator's CRD is there, there is nothing to say about its objects.
    const list = client?.list(resources.appReleases, { namespace: PLATFORM_NAMESPACE, signal }).catch(() => undefined);
    return (await list)?.items ?? [];
  }

  async #installerError(): Promise<string | undefined> {
    const { clusters, redactor, signal } = this.context;
    try {
      const { lastError } = await (await clusters.installer(signal)).progress(signal);
      return lastError === undefined ? undefined : redactor.redact(lastError);
    } catch {
      // Its log may still tell.
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.clusters[Symbol.asyncDispose]();
  }
}

async function closeStream(stream: WriteStream): Promise<void> {
  stream.end();
  await finished(stream);
}

/** Runbook §5: AppReleases name the pull Secret exactly when the bootstrap has made it. */
async function registryWantsLogin(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const ref = { name: registryAuthSecret, namespace: PLATFORM_NAMESPACE };
  return (await client.find(resources.secrets, ref, signal)) !== undefined;
}
