import { systemClock } from '../../../src/base/index.ts';
import { fieldAt, HttpKubeClient, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../../src/kube/index.ts';
import { startApiServer, type ApiServer } from '../../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../../src/lab/etcd/index.ts';
import { ACCESS_SECRET } from '../../../src/platform/installer/access.ts';
import type { InstallerConfig } from '../../../src/platform/installer/config.ts';
import type { Phase } from '../../../src/platform/installer/phase.ts';
import { startInstaller, type RunningInstaller } from '../../../src/platform/installer/start-installer.ts';

/** A management cluster with nothing in it but the platform's namespace, and installers on it. */
export class Stage {
  readonly store: MemoryStore;
  readonly server: ApiServer;
  readonly client: KubeClient;
  readonly kubeconfig: string;
  /** Lines of installer.log, of all replicas. */
  readonly lines: string[] = [];
  readonly #installers: RunningInstaller[] = [];
  readonly #listeners = new Set<() => void>();

  private constructor(parts: { store: MemoryStore; server: ApiServer; client: KubeClient; kubeconfig: string }) {
    this.store = parts.store;
    this.server = parts.server;
    this.client = parts.client;
    this.kubeconfig = parts.kubeconfig;
  }

  static async start(): Promise<Stage> {
    const store = new MemoryStore();
    const server = await startApiServer({ store });
    const kubeconfig = await server.adminKubeconfig();
    const client = await HttpKubeClient.fromText(kubeconfig);
    const metadata = { name: PLATFORM_NAMESPACE };
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    return new Stage({ store, server, client, kubeconfig });
  }

  /** One replica, ready, over plain HTTP unless `changes` say otherwise. */
  async install(phases: readonly Phase[], changes: Partial<InstallerConfig> = {}): Promise<RunningInstaller> {
    const installer = await startInstaller(
      {
        client: this.client,
        connectSourceEtcd: () => Promise.resolve(this.store),
        bootstrapRegistry: '192.0.2.5:11443',
        clock: systemClock,
        signal: new AbortController().signal,
        backupFolder: '/nowhere',
        logSink: (line) => {
          this.lines.push(line);
          for (const look of [...this.#listeners]) look();
        },
        access: { mode: 'plain' },
        ...changes,
      },
      phases,
    );
    this.#installers.push(installer);
    await installer.synced;
    return installer;
  }

  /** Resolves once the log has said that for the `count`th time. */
  async said(text: string, count = 1): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.lines.filter((line) => line.includes(text)).length < count) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** A value of the Secret that the service keeps for its callers. */
  async accessValue(key: 'token' | 'ca.crt' | 'ca.key'): Promise<string> {
    const ref = { name: ACCESS_SECRET, namespace: PLATFORM_NAMESPACE };
    const value = fieldAt(await this.client.get(resources.secrets, ref), 'data', key);
    return Buffer.from(String(value), 'base64').toString('utf8');
  }

  /** Ends all installers and forgets what they kept. */
  async clear(): Promise<void> {
    for (const installer of this.#installers.splice(0)) await installer.close();
    this.lines.length = 0;
    for (const resource of [resources.secrets, resources.leases])
      for (const { metadata } of (await this.client.list(resource, { namespace: PLATFORM_NAMESPACE })).items)
        await this.client.delete(resource, { name: metadata.name ?? '', namespace: PLATFORM_NAMESPACE });
  }

  async close(): Promise<void> {
    await this.clear();
    await this.client.close();
    await this.server.close();
    await this.store.close();
  }
}

export function phaseOf(id: string, run: Phase['run'] = () => Promise.resolve()): Phase {
  return { id, title: `Phase ${id}`, run };
}

/** A phase that lasts until it is told to end. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Error('aborted'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}
