import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { GlobalctlError, readTextIfPresent } from '../../base/index.ts';
import { findEnvtestBinaries } from '../control-plane/index.ts';
import { LabClient } from './lab-client.ts';
import { checkEtcd } from './lab-etcd.ts';
import { LabHome } from './lab-home.ts';
import type { LabSettings } from './lab-status.ts';

export interface StartLabOptions {
  readonly home: string;
  readonly settings: Partial<LabSettings>;
  /** How this program is started again: the interpreter with the script, or the single executable. */
  readonly self: { readonly program: string; readonly args: readonly string[] };
  readonly signal?: AbortSignal | undefined;
}

/**
 * The lab of a home folder: the one that runs there, or a new one, started as a process of its own that outlives this one.
 * Two callers at once get the same lab. Throws LAB_START_FAILED with the end of its log, ETCD_UNREACHABLE when the etcd that
 * it is to store in does not answer, LAB_CONTROL_PLANE when the programs of its control planes are missing or do not work.
 */
export async function startLab(options: StartLabOptions): Promise<LabClient> {
  const home = new LabHome(resolve(options.home));
  for (let attempt = 0; attempt < 3; attempt++) {
    const running = await LabClient.settled(home.folder, { signal: options.signal });
    if (running) return running;
    if (options.settings.etcd) await checkEtcd(options.settings.etcd);
    // Here somebody looks; in the lab's process it would end in a log.
    if (options.settings.envtest !== undefined) await findEnvtestBinaries(options.settings.envtest);
    await spawnLab(home, options);
  }
  const running = await LabClient.settled(home.folder, { signal: options.signal });
  if (running) return running;
  throw new GlobalctlError('LAB_START_FAILED', {
    message: `the lab in ${home.folder} started and ended again`,
    subject: home.folder,
    found: await logTail(home),
  });
}

/** Starts the process and resolves when it serves, or when it found another one that does. */
async function spawnLab(home: LabHome, options: StartLabOptions): Promise<void> {
  await mkdir(home.folder, { recursive: true, mode: 0o700 });
  const log = await open(home.logFile, 'a', 0o600);
  const { program, args } = options.self;
  try {
    const child = spawn(
      program,
      [...args, 'lab', 'serve', '--home', home.folder, ...settingsToArguments(options.settings)],
      {
        detached: true,
        cwd: home.folder,
        // The fourth is closed by the lab when it can be reached.
        stdio: ['ignore', log.fd, log.fd, 'pipe'],
        env: {
          ...process.env,
          GLOBALCTL_LAB_READY_FD: '3',
          ...(options.settings.envtest !== undefined && { KUBEBUILDER_ASSETS: options.settings.envtest }),
        },
      },
    );
    child.unref();
    const outcome = await readiness(child, options.signal);
    if (outcome === 'failed')
      throw new GlobalctlError('LAB_START_FAILED', {
        message: `the lab's process ended while it started`,
        subject: home.folder,
        found: await logTail(home),
        hint: `Read ${home.logFile}.`,
      });
  } finally {
    await log.close();
  }
}

function readiness(child: ChildProcess, signal: AbortSignal | undefined): Promise<'ready' | 'failed'> {
  const pipe = child.stdio[3] as Readable;
  return new Promise((settle, reject) => {
    const done = (outcome: 'ready' | 'failed'): void => {
      signal?.removeEventListener('abort', onAbort);
      child.removeAllListeners();
      pipe.removeAllListeners();
      pipe.destroy();
      settle(outcome);
    };
    const onAbort = (): void => {
      // Half a lab is of no use to anybody.
      child.kill('SIGTERM');
      pipe.destroy();
      reject(new GlobalctlError('CANCELLED', { message: 'interrupted while the lab started' }));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    // A process that dies closes the pipe too; only the word says that it serves.
    pipe.on('data', (chunk: Buffer) => {
      if (chunk.includes('\n')) done('ready');
    });
    child.once('error', () => done('failed'));
    child.once('exit', (code) => done(code === 0 ? 'ready' : 'failed'));
  });
}

function settingsToArguments(settings: Partial<LabSettings>): string[] {
  const { speed, seed, hostIP, names, sites, idleTimeoutMs, keep, etcd, envtest } = settings;
  return [
    ...(speed === undefined ? [] : ['--speed', String(speed)]),
    ...(seed === undefined ? [] : ['--seed', seed]),
    ...(hostIP === undefined ? [] : ['--host-ip', hostIP]),
    ...[...(names ?? [])].flatMap(([name, ip]) => ['--name', `${name}=${ip}`]),
    ...(sites ?? []).flatMap(({ name, hostIP: ip, root }) => [
      '--site',
      `${name}=${ip}${root === undefined ? '' : `=${root}`}`,
    ]),
    ...(idleTimeoutMs === undefined ? [] : ['--idle-timeout', `${String(idleTimeoutMs)}ms`]),
    ...(keep === true ? ['--keep'] : []),
    ...(etcd ? ['--etcd', etcd.endpoints.join(',')] : []),
    ...(etcd?.caFile === undefined ? [] : ['--etcd-ca', etcd.caFile]),
    ...(etcd?.certificateFile === undefined ? [] : ['--etcd-cert', etcd.certificateFile]),
    ...(etcd?.keyFile === undefined ? [] : ['--etcd-key', etcd.keyFile]),
    ...(envtest === undefined ? [] : ['--control-plane', 'envtest']),
  ];
}

async function logTail(home: LabHome): Promise<string | undefined> {
  const text = await readTextIfPresent(home.logFile);
  return text?.trimEnd().split('\n').slice(-12).join('\n');
}
