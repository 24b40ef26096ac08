import { createHash } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fieldAt } from '../../kube/index.ts';
import { readTextIfPresent, writeFileAtomic } from '../../base/index.ts';

/** What a running lab writes into its home folder for those who look for it. */
export interface LabRecord {
  readonly pid: number;
  readonly startedAt: string;
  /** `http://127.0.0.1:PORT`: the door into the data centre. */
  readonly proxyUrl: string;
  /** Path of the control socket. */
  readonly socket: string;
}

/** Paths of a lab's home folder. */
export class LabHome {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Tells this lab from all others that may share an etcd; the same whenever a lab runs in this folder of this machine. */
  get id(): string {
    return createHash('sha256').update(`${hostname()}\0${this.folder}`).digest('hex').slice(0, 12);
  }

  get recordFile(): string {
    return join(this.folder, 'lab.json');
  }

  get logFile(): string {
    return join(this.folder, 'lab.log');
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** In the home folder, unless its path is longer than a socket's may be (107 bytes on Linux, 103 elsewhere). */
  get socket(): string {
    const inside = join(this.folder, 'lab.sock');
    if (Buffer.byteLength(inside) <= 100) return inside;
    const digest = createHash('sha256').update(this.folder).digest('hex').slice(0, 16);
    return join(tmpdir(), `globalctl-lab-${digest}.sock`);
  }

  /** undefined when no lab has written one, or what stands there is not one. */
  async read(): Promise<LabRecord | undefined> {
    const text = await readTextIfPresent(this.recordFile);
    if (text === undefined) return undefined;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return undefined;
    }
    const [pid, startedAt, proxyUrl, socket] = ['pid', 'startedAt', 'proxyUrl', 'socket'].map((key) =>
      fieldAt(parsed, key),
    );
    return typeof pid === 'number' &&
      typeof startedAt === 'string' &&
      typeof proxyUrl === 'string' &&
      typeof socket === 'string'
      ? { pid, startedAt, proxyUrl, socket }
      : undefined;
  }

  async write(record: LabRecord): Promise<void> {
    await writeFileAtomic(this.recordFile, `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
  }
}
