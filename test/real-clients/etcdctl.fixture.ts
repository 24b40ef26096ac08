import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connectEtcd, NamespacedStore, type KeyValueStore } from '../../src/etcd/index.ts';
import { startEtcdProcess, type EtcdProcess } from '../../src/etcd/debian-etcd.fixture.ts';
import { MemoryStore, startEtcdServer, type EtcdServer } from '../../src/lab/etcd/index.ts';

/** An etcd that etcdctl is pointed at, and the store behind it. */
export interface Target extends AsyncDisposable {
  /** `127.0.0.1:port`. Without a scheme: with one, etcdctl 3.4 asks some members under a name that is no host (docs/lab.md). */
  readonly endpoint: string;
  readonly store: KeyValueStore;
  /** Whether the lab answers. */
  readonly lab: boolean;
}

async function serve(store: KeyValueStore, close: () => Promise<unknown>): Promise<Target> {
  const server: EtcdServer = await startEtcdServer({ store });
  return {
    endpoint: `127.0.0.1:${String(server.port)}`,
    store,
    lab: true,
    async [Symbol.asyncDispose]() {
      await server.close();
      await close();
    },
  };
}

/** The lab's etcd in memory. */
export async function labTarget(): Promise<Target> {
  const store = new MemoryStore();
  return serve(store, () => store.close());
}

/** The lab's server over a part of a real etcd. */
export async function labOverEtcdTarget(etcd: string): Promise<Target> {
  const process = await startEtcdProcess(etcd);
  const client = await connectEtcd({ endpoints: [process.endpoint] });
  return serve(new NamespacedStore(client, '/space:'), async () => {
    await client.close();
    await process.stop();
  });
}

/** A real etcd, which says whether what is expected is right. */
export async function etcdTarget(etcd: string): Promise<Target> {
  const process: EtcdProcess = await startEtcdProcess(etcd);
  const store = await connectEtcd({ endpoints: [process.endpoint] });
  return {
    ...{ endpoint: process.endpoint, store, lab: false },
    async [Symbol.asyncDispose]() {
      await store.close();
      await process.stop();
    },
  };
}

export interface Answer {
  readonly code: number;
  /** Without the space around it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on until it is stopped. */
export class RunningCommand implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  }

  /** The next lines of its standard output. */
  async lines(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) {
      const next = await this.#lines.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    return taken;
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Asks it to end, as Ctrl-C does, and waits for it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** etcdctl with the same flags before every command. */
export class Etcdctl {
  readonly #program: string;
  readonly #flags: readonly string[];

  constructor(program: string, flags: readonly string[]) {
    this.#program = program;
    this.#flags = flags;
  }

  /** Starts a command that goes on by itself. */
  start(...args: string[]): RunningCommand {
    return new RunningCommand(this.#spawn(args));
  }

  /** Runs a command to its end; `input` goes to its standard input. */
  async run(args: readonly string[], input = ''): Promise<Answer> {
    const child = this.#spawn(args);
    child.stdin?.end(input);
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, stdout: (await stdout).trim(), stderr: await stderr };
  }

  /** Standard output of a command that must succeed. */
  async output(...args: string[]): Promise<string> {
    return this.fed('', ...args);
  }

  async fed(input: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`etcdctl ${args.join(' ')} ended with ${String(code)}: ${stdout}\n${stderr}`);
    return stdout;
  }

  #spawn(args: readonly string[]): ChildProcess {
    const env = { PATH: process.env['PATH'] ?? '', ETCDCTL_API: '3' };
    return spawn(this.#program, [...this.#flags, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  }
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  const parts: string[] = [];
  for await (const part of stream ?? []) parts.push(String(part));
  return parts.join('');
}
