import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { folderHolder, readTextIfPresent, type StampedEvent } from '../../src/base/index.ts';
import { LabHome, type LabStatus } from '../../src/lab/index.ts';
import { inRepository, type Ended, type Program, type Running } from './program.ts';

/** A line of `rehearse -o json`. */
export type Line = StampedEvent | { readonly type: 'verification'; readonly criteria: readonly VerifiedCriterion[] };

export interface VerifiedCriterion {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly observed: string;
}

export interface RehearseOptions {
  readonly flags?: readonly string[];
  readonly onLine?: (line: Line) => void;
  readonly wrap?: readonly string[];
}

/** One state folder with a home of its own, in which an example is rehearsed, interrupted, resumed and looked at. */
export class Rehearsal implements AsyncDisposable {
  readonly example: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #program: Program;

  private constructor(program: Program, example: string, folder: string) {
    this.#program = program;
    this.example = example;
    this.folder = folder;
    this.env = {
      PATH: process.env['PATH'],
      HOME: join(folder, 'home'),
      XDG_STATE_HOME: join(folder, 'home/state'),
      XDG_CACHE_HOME: join(folder, 'home/cache'),
      XDG_CONFIG_HOME: join(folder, 'home/config'),
      NO_COLOR: '1',
    };
  }

  static async create(program: Program, example: string): Promise<Rehearsal> {
    return new Rehearsal(program, example, await mkdtemp(join(tmpdir(), `globalctl-e2e-${example}-`)));
  }

  get #state(): string {
    return join(this.folder, 'state');
  }

  get labHome(): string {
    return join(this.#state, 'lab');
  }

  get host(): string {
    return join(this.#state, 'host');
  }

  get lastRun(): string {
    return join(this.#state, 'last-run');
  }

  get bootstrapKubeconfig(): string {
    return join(this.host, 'var/cpaas/data/alauda.kubeconfig');
  }

  get globalKubeconfig(): string {
    return join(dirname(this.journalPath), 'global.kubeconfig');
  }

  get journalPath(): string {
    return join(this.host, `var/cpaas/globalctl/global-${this.example}/journal.jsonl`);
  }

  /** The journal of the rehearsal that is under way; empty when there is none. */
  async journal(): Promise<string> {
    return (await readTextIfPresent(this.journalPath)) ?? '';
  }

  /** The journal of the last rehearsal that came to its end; empty when none did. */
  async reportedJournal(): Promise<string> {
    return (await readTextIfPresent(join(this.lastRun, 'journal.jsonl'))) ?? '';
  }

  start(args: readonly string[], options: RehearseOptions = {}): Running {
    const { onLine, wrap } = options;
    return this.#program.start(args, {
      env: this.env,
      cwd: this.folder,
      ...(wrap && { wrap }),
      ...(onLine && { onLine: (line) => onLine(JSON.parse(line) as Line) }),
    });
  }

  /** `rehearse -o json` of the example. */
  rehearse(options: RehearseOptions = {}): Running {
    const site = inRepository(`examples/${this.example}/site.yaml`);
    return this.start(
      ['rehearse', '-f', site, '--state-dir', this.#state, '-o', 'json', ...(options.flags ?? [])],
      options,
    );
  }

  /** Resident memory of the lab's process. */
  async labMemoryBytes(): Promise<number> {
    const record = await new LabHome(this.labHome).read();
    const status = await readFile(`/proc/${String(record?.pid ?? 'self')}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) * 1024;
  }

  async labStatus(): Promise<LabStatus> {
    const { code, stdout, stderr } = await this.start(['lab', 'status', '--home', this.labHome, '-o', 'json']).ended;
    if (code !== 0) throw new Error(`no lab in ${this.labHome}: ${stderr}`);
    return JSON.parse(stdout) as LabStatus;
  }

  labDown(): Promise<Ended> {
    return this.start(['lab', 'down', '--home', this.labHome]).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.labHome)) {
      await this.labDown();
      // A lab that a failed test left in the middle of its start does not answer yet.
      const holder = await folderHolder(this.labHome);
      if (holder?.heldBy !== undefined) process.kill(Number(holder.heldBy), 'SIGKILL');
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The criteria of a finished run's last line. Throws with what the program said when there are none. */
export function criteriaOf({ code, stdout, stderr }: Ended): readonly VerifiedCriterion[] {
  const last = stdout.slice(stdout.lastIndexOf('\n') + 1);
  const parsed = last.startsWith('{') ? (JSON.parse(last) as Line) : undefined;
  if (parsed?.type === 'verification') return parsed.criteria;
  throw new Error(`no verification (exit code ${String(code)}):\n${last.slice(0, 4000)}\n${stderr.slice(-4000)}`);
}
