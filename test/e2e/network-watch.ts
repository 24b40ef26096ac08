import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** Sees whether the processes that are started through it speak to anything but this machine. */
export interface NetworkWatch extends AsyncDisposable {
  /** Stands before the command that is watched. */
  readonly wrap: readonly string[];
  /** For the record: how it is seen. */
  readonly method: 'namespace' | 'samples';
  /** What was spoken to outside loopback, one line each. */
  trespasses(): Promise<readonly string[]>;
}

/**
 * As root, a network namespace of its own, in which there is nothing but loopback: who needs anything else fails, and what
 * tried is counted by the kernel. Otherwise the sockets of all processes of this user are looked at again and again.
 */
export const NetworkWatch = {
  start: async (): Promise<NetworkWatch> => (canUnshare() ? await LoopbackNamespace.open() : SocketSamples.start()),
};

function canUnshare(): boolean {
  return spawnSync('unshare', ['-n', 'true']).status === 0 && spawnSync('nsenter', ['--version']).status === 0;
}

class LoopbackNamespace implements NetworkWatch {
  readonly method = 'namespace';
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** A process that only keeps the namespace; the rehearsal and the lab that outlives it join. */
  static async open(): Promise<LoopbackNamespace> {
    const up = 'ip link set lo up && echo up && exec cat';
    const holder = spawn('unshare', ['-n', 'sh', '-c', up], { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', (code) =>
        reject(new Error(`the network namespace cannot be made: exit code ${String(code)}`)),
      );
    });
    return new LoopbackNamespace(holder);
  }

  get wrap(): readonly string[] {
    return ['nsenter', '--net', `--target=${String(this.#holder.pid)}`];
  }

  /** Without a route the kernel refuses a packet and counts it (OutNoRoutes of IP and IPv6). */
  async trespasses(): Promise<readonly string[]> {
    const proc = `/proc/${String(this.#holder.pid)}/net`;
    const rows = (await readFile(`${proc}/snmp`, 'utf8')).split('\n').filter((line) => line.startsWith('Ip:'));
    const [names = [], values = []] = rows.map((row) => row.split(' '));
    const v4 = Number(values[names.indexOf('OutNoRoutes')] ?? NaN);
    const v6 = Number(/^Ip6OutNoRoutes\s+(\d+)/m.exec(await readFile(`${proc}/snmp6`, 'utf8'))?.[1] ?? NaN);
    return [
      ...(v4 === 0 ? [] : [`${String(v4)} packets had no IPv4 route: something outside loopback was spoken to`]),
      ...(v6 === 0 ? [] : [`${String(v6)} packets had no IPv6 route: something outside loopback was spoken to`]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.stdin?.end();
    await ended;
  }
}

/** Marks the watched processes: children inherit it, detached ones too. */
const MARK = 'GLOBALCTL_E2E_WATCH';
const SAMPLE_MS = 50;

class SocketSamples implements NetworkWatch {
  readonly method = 'samples';
  readonly #mark = `${MARK}=${String(process.pid)}-${String(performance.now())}`;
  readonly #found = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #sampling: Promise<void> = Promise.resolve();
  #samples = 0;

  private constructor() {
    this.#timer = setInterval(() => {
      this.#sampling = this.#sampling.then(() => this.#sample());
    }, SAMPLE_MS);
  }

  static start(): SocketSamples {
    return new SocketSamples();
  }

  get wrap(): readonly string[] {
    return ['env', this.#mark];
  }

  async trespasses(): Promise<readonly string[]> {
    await this.#sampling;
    return this.#samples === 0 ? ['no socket was ever seen: the watch does not work'] : [...this.#found];
  }

  async #sample(): Promise<void> {
    const remotes = new Map<string, string>();
    for (const table of ['tcp', 'tcp6', 'udp', 'udp6'])
      for (const row of (await readFile(`/proc/net/${table}`, 'utf8')).split('\n').slice(1)) {
        const fields = row.trim().split(/\s+/);
        const [remote, inode] = [fields[2], fields[9]];
        if (remote !== undefined && inode !== undefined) remotes.set(inode, remote);
      }
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      // Processes end while they are looked at.
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (!environment.includes(this.#mark)) continue;
      for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
        const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
        const remote = remotes.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
        if (remote === undefined) continue;
        this.#samples += 1;
        if (!isLoopback(remote)) this.#found.add(`process ${pid} spoke to ${remote} (address and port in hex)`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sampling;
  }
}

/** The kernel writes addresses as hex words in the machine's byte order: 127.0.0.1 is 0100007F. All zeros: not connected. */
function isLoopback(remote: string): boolean {
  const [address = ''] = remote.split(':');
  if (/^0+$/.test(address)) return true;
  if (address.length === 8) return address.endsWith('7F');
  return address === '00000000000000000000000001000000' || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
}
