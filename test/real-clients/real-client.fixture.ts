import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGlobalctlError } from '../../src/base/index.ts';
import { startApiServer } from '../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../src/lab/etcd/index.ts';
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

/** An API server and a home folder of its own for one client, so that nothing is cached from elsewhere. */
export class RealClientSetting implements AsyncDisposable {
  readonly folder: string;
  readonly #program: string;
  readonly #store: MemoryStore;
  readonly #server: Awaited<ReturnType<typeof startApiServer>>;

  private constructor(parts: {
    program: string;
    folder: string;
    store: MemoryStore;
    server: Awaited<ReturnType<typeof startApiServer>>;
  }) {
    this.#program = parts.program;
    this.folder = parts.folder;
    this.#store = parts.store;
    this.#server = parts.server;
  }

  static async start(program: string): Promise<RealClientSetting> {
    const store = new MemoryStore();
    const server = await startApiServer({
      store,
      podLogs: (namespace, name) => Promise.resolve(`log of ${namespace}/${name}\n`),
    });
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-real-client-'));
    await writeFile(join(folder, 'kubeconfig'), await server.adminKubeconfig(), { mode: 0o600 });
    return new RealClientSetting({ program, folder, store, server });
  }

  /** Runs the client to its end; `input` goes to its standard input. */
  run(args: readonly string[], input = ''): Promise<Answer> {
    const { folder } = this;
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      KUBECONFIG: join(folder, 'kubeconfig'),
      KUBECACHEDIR: join(folder, 'cache'),
    };
    return new Promise((resolve) => {
      const child = execFile(this.#program, [...args], { env, cwd: folder }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end(input);
    });
  }

  /** Standard output of a run that must succeed. */
  async output(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.#store.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
