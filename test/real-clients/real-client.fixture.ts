import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGlobalctlError, scaledClock, SeededRandom } from '../../src/base/index.ts';
import { resources, watchUntil } from '../../src/kube/index.ts';
import { startLabCluster, type LabCluster } from '../../src/lab/cluster/index.ts';
import { LabNetwork, startLabProxy, type LabProxy } from '../../src/lab/network/index.ts';
import type { Program } from '../../src/lab/program.ts';
import { LabServices } from '../../src/lab/services.ts';
import { findBinary, type BinaryName } from '../../src/platform/helm/index.ts';

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The path of a real client; undefined, with a line that says why, where there is none. */
export async function realClient(name: BinaryName): Promise<string | undefined> {
  try {
    return (await findBinary(name)).path;
  } catch (error) {
    if (!isGlobalctlError(error, 'COMMAND_NOT_FOUND')) throw error;
    process.stderr.write(`skipped: the tests with a real ${name}: ${error.message}\n`);
    return undefined;
  }
}

/** Simulated seconds pass fifty times as fast: a container is up in milliseconds, and still after its Pod was seen pending. */
const SPEED = 50;

/** The programs of the images that these tests run; any other image just becomes ready. */
const programs: readonly Program[] = [
  {
    image: 'lab/talker',
    run: async (context) => {
      for (const word of ['one', 'two', 'three']) context.log(word);
      context.markReady();
      await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  },
  {
    image: 'lab/worker',
    run: (context) => {
      context.log(`working: ${context.container.args.join(' ')}`);
      return Promise.resolve();
    },
  },
  { image: 'lab/failing', run: () => Promise.reject(new Error('no disk')) },
];

/** A cluster of the lab (a control plane node and two workers) and a home folder of its own for one client, so that nothing is cached from elsewhere. */
export class RealClientSetting implements AsyncDisposable {
  readonly folder: string;
  readonly cluster: LabCluster;
  readonly #program: string;
  readonly #proxy: LabProxy;

  private constructor(parts: { program: string; folder: string; cluster: LabCluster; proxy: LabProxy }) {
    this.#program = parts.program;
    this.folder = parts.folder;
    this.cluster = parts.cluster;
    this.#proxy = parts.proxy;
  }

  static async start(program: string): Promise<RealClientSetting> {
    const network = new LabNetwork();
    const proxy = await startLabProxy({ network });
    const cluster = await startLabCluster({
      name: 'lab',
      network,
      services: new LabServices(),
      programs: new Map(programs.map((p) => [p.image, p])),
      proxyUrl: proxy.url,
      clock: scaledClock(SPEED),
      random: new SeededRandom(1),
      kubernetesVersion: 'v1.33.7',
      podCIDR: '10.244.0.0/16',
      serviceCIDR: '10.96.0.0/16',
      requiresCni: false,
    });
    await cluster.addNode({ name: 'control-0', ip: '192.0.2.10', controlPlane: true });
    await cluster.addNode({ name: 'worker-0', ip: '192.0.2.20', images: 'all' });
    await cluster.addNode({ name: 'worker-1', ip: '192.0.2.21', images: 'all' });
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-real-client-'));
    await writeFile(join(folder, 'kubeconfig'), cluster.kubeconfig(), { mode: 0o600 });
    return new RealClientSetting({ program, folder, cluster, proxy });
  }

  /** Makes a namespace that is ready for Pods. */
  async addNamespace(name: string): Promise<void> {
    const client = this.cluster.adminClient;
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await watchUntil(
      client,
      resources.serviceAccounts,
      { namespace: name, signal: AbortSignal.timeout(20_000) },
      (accounts) => [...accounts.values()].find((account) => account.metadata.name === 'default'),
    );
  }

  /** Runs the client to its end; `input` goes to its standard input, `env` to its environment. */
  run(args: readonly string[], { input = '', env = {} }: { input?: string; env?: object } = {}): Promise<Answer> {
    return new Promise((resolve) => {
      const options = { env: { ...this.#environment(), ...env }, cwd: this.folder, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile(this.#program, [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** Standard output of a run that must succeed. */
  async output(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, { input });
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Starts a client that does not end by itself; `until` resolves with its output when that matches. */
  start(args: readonly string[]): {
    until: (pattern: RegExp) => Promise<string>;
    stop: () => Promise<string>;
  } {
    const child = spawn(this.#program, [...args], { env: this.#environment(), cwd: this.folder });
    let text = '';
    const listeners = new Set<() => void>();
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        for (const listener of listeners) listener();
      });
    void ended.then(() => listeners.forEach((listener) => listener()));
    return {
      until: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const over = child.exitCode !== null || child.signalCode !== null;
            if (!pattern.test(text) && !over) return;
            listeners.delete(look);
            if (pattern.test(text)) resolve(text);
            else reject(new Error(`${args.join(' ')} ended without ${String(pattern)}: ${text}`));
          };
          listeners.add(look);
          look();
        }),
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
        return text;
      },
    };
  }

  #environment(): Record<string, string> {
    const { folder } = this;
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TMPDIR: folder,
      KUBECONFIG: join(folder, 'kubeconfig'),
      KUBECACHEDIR: join(folder, 'cache'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    await this.#proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
