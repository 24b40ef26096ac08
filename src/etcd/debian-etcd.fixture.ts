import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The path of a program, or undefined when it is not on PATH. */
export function programOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface EtcdProcess {
  /** `127.0.0.1:port` */
  readonly endpoint: string;
  /** Kills it and starts it again with the same data, at the same address. Resolves when it is under way, not when it answers. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a real etcd with one member in a temporary folder on free loopback ports. It does not wait for the disk, unless
 * `fsync` says so.
 */
export async function startEtcdProcess(
  program: string,
  extraArguments: readonly string[] = [],
  { fsync = false }: { readonly fsync?: boolean } = {},
): Promise<EtcdProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const scheme = extraArguments.some((a) => a.startsWith('--cert-file')) ? 'https' : 'http';
  const url = `${scheme}://127.0.0.1:${String(port)}`;
  const peerUrl = `http://127.0.0.1:${String(peerPort)}`;
  const start = (): ChildProcess => {
    const child = spawn(
      program,
      [
        ...['--name=test', `--data-dir=${folder}`, ...(fsync ? [] : ['--unsafe-no-fsync'])],
        ...[`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
        ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
        ...[`--initial-cluster=test=${peerUrl}`, '--log-level=error', '--logger=zap'],
        ...extraArguments,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    child.stderr.on('data', (data: Buffer) => (log += data.toString()));
    child.once('exit', (code) => {
      if (code !== null && code !== 0) process.stderr.write(`etcd ended with ${String(code)}:\n${log}\n`);
    });
    return child;
  };
  let child = start();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const restart = async (): Promise<void> => {
    await kill();
    child = start();
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { endpoint: `127.0.0.1:${String(port)}`, restart, stop };
}
