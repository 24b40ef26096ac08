import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderHolder } from '../../src/base/index.ts';
import { HttpKubeClient, resources, watchUntil, type KubeClient, type KubeObject } from '../../src/kube/index.ts';
import { inRepository, type Ended, type Program } from './program.ts';

export type Side = 'primary' | 'standby';

/** A line of `rehearse --dr -o json`, as far as tests read it. */
export interface DrLine {
  readonly type: string;
  readonly lost?: number;
  readonly moments?: readonly string[];
  readonly machines?: readonly {
    readonly side: Side;
    readonly cluster: string;
    readonly name: string;
    readonly states: readonly string[];
    readonly lost: boolean;
  }[];
}

const NAMESPACE = 'team-faults';
const LIMIT_MS = 60_000;

/** The rehearsal of a pair in folders of its own. */
export class DrRehearsal implements AsyncDisposable {
  readonly folder: string;
  readonly #pair: string;
  readonly #program: Program;
  readonly #clients = new Map<Side, HttpKubeClient>();

  private constructor(program: Program, pair: string, folder: string) {
    this.#program = program;
    this.#pair = pair;
    this.folder = folder;
  }

  /** `pair`: a folder of examples/dr. */
  static async create(program: Program, pair: string): Promise<DrRehearsal> {
    return new DrRehearsal(program, pair, await mkdtemp(join(tmpdir(), `globalctl-e2e-dr-${pair}-`)));
  }

  get #state(): string {
    return join(this.folder, 'state');
  }

  get #lab(): string {
    return join(this.#state, 'lab');
  }

  globalctl(...args: string[]): Promise<Ended> {
    const home = join(this.folder, 'home');
    const env = { PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: join(home, 'state'), NO_COLOR: '1' };
    return this.#program.start(args, { env, cwd: this.folder }).ended;
  }

  rehearse(...flags: string[]): Promise<Ended> {
    const files = ['primary', 'standby'].flatMap((side) => [
      '-f',
      inRepository(`examples/dr/${this.#pair}/${side}.yaml`),
    ]);
    return this.globalctl('rehearse', '--dr', ...files, '--state-dir', this.#state, '--speed', '600', ...flags);
  }

  /** `lab COMMAND` in this rehearsal's lab. Throws with what it said when it failed. */
  async lab(...args: string[]): Promise<string> {
    const [command = '', ...rest] = args;
    const { code, stdout, stderr } = await this.globalctl('lab', command, '--home', this.#lab, ...rest);
    if (code !== 0) throw new Error(`lab ${args.join(' ')}: exit code ${String(code)}\n${stderr}`);
    return stdout;
  }

  /** The `global` cluster of a side. */
  async client(side: Side): Promise<KubeClient> {
    const site = `global-${this.#pair}${side === 'standby' ? '-standby' : ''}`;
    const kubeconfig = join(this.#state, side, 'host/var/cpaas/globalctl', site, 'global.kubeconfig');
    const client = this.#clients.get(side) ?? (await HttpKubeClient.fromFile(kubeconfig, { fieldManager: 'team' }));
    this.#clients.set(side, client);
    return client;
  }

  /** Writes a ConfigMap on the primary side; resolves when its API server has said that it has it. */
  async write(name: string): Promise<void> {
    const client = await this.client('primary');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    await client.apply(resources.namespaces, namespace, { force: true });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data: { name } };
    await client.apply(resources.configMaps, object, { force: true });
  }

  async remove(name: string): Promise<void> {
    await (await this.client('primary')).delete(resources.configMaps, { name, namespace: NAMESPACE });
  }

  /** Resolves when the standby side has every ConfigMap of `present` and none of `absent`. */
  async awaitStandby(present: readonly string[], absent: readonly string[] = []): Promise<void> {
    const client = await this.client('standby');
    const open = (store: ReadonlyMap<string, KubeObject>): string[] => [
      ...present.filter((name) => !store.has(`${NAMESPACE}/${name}`)).map((name) => `${name} is missing`),
      ...absent.filter((name) => store.has(`${NAMESPACE}/${name}`)).map((name) => `${name} is still there`),
    ];
    let waiting: readonly string[] = [];
    const options = { namespace: NAMESPACE, signal: AbortSignal.timeout(LIMIT_MS) };
    await watchUntil(client, resources.configMaps, options, (store) => {
      waiting = open(store);
      return waiting.length === 0 ? true : undefined;
    }).catch((error: unknown) => {
      throw new Error(`the standby side: ${waiting.join(', ') || 'does not answer'}`, { cause: error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client.close();
    if (existsSync(this.#lab)) {
      await this.globalctl('lab', 'down', '--home', this.#lab);
      const holder = await folderHolder(this.#lab);
      if (holder?.heldBy !== undefined) process.kill(Number(holder.heldBy), 'SIGKILL');
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The report of a rehearsal's last line. Throws with what the program said when there is none. */
export function reportOf({ code, stdout, stderr }: Ended): Required<DrLine> {
  const last = stdout.slice(stdout.lastIndexOf('\n') + 1);
  const parsed = last.startsWith('{') ? (JSON.parse(last) as DrLine) : undefined;
  if (parsed?.type === 'machines') return parsed as Required<DrLine>;
  throw new Error(`no report (exit code ${String(code)}):\n${last.slice(0, 2000)}\n${stderr.slice(-6000)}`);
}
