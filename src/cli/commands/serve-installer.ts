import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { AccessWish } from '../../platform/installer/index.ts';
import type { App } from '../app.ts';
import { etcdCaFlag, etcdCertFlag, etcdFlag, etcdKeyFlag, etcdOf, type EtcdFlags } from '../etcd-flags.ts';
import { flag } from '../options.ts';
import { listenAddress, type Listen } from './listen-address.ts';
import { clusterFlag, identityFlag, proxyFlag } from './serve-operators.ts';

interface InstallerFlags extends EtcdFlags {
  readonly kubeconfig: string;
  readonly bootstrapRegistry: string;
  readonly registryUsername?: string;
  readonly proxy?: string;
  readonly listen?: Listen;
  readonly plainHttp?: boolean;
  readonly advertise?: readonly string[];
  readonly tokenFile?: string;
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly identity?: string;
  readonly backupDir: string;
  readonly logFile?: string;
}

const LISTEN_ERRORS: ReadonlySet<unknown> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND']);

export function registerServeInstaller(serve: Command, app: App): void {
  serve
    .command('installer')
    .description('Run the embedded installer: the REST API of steps 8 and 9 and the work behind it')
    .addOption(clusterFlag())
    .addOption(
      flag('--bootstrap-registry <host:port>', 'the registry that holds the Core Package').makeOptionMandatory(),
    )
    .addOption(flag('--registry-username <name>', 'its login; GLOBALCTL_REGISTRY_PASSWORD holds the password'))
    .addOption(proxyFlag())
    .addOption(
      flag(
        '--listen <host:port>',
        'where to serve (default: 127.0.0.1:8443, with --plain-http 127.0.0.1:8080)',
      ).argParser(listenAddress),
    )
    .addOption(flag('--plain-http', "the guide's form, on the KIND network alone: no TLS and no token"))
    .addOption(flag('--advertise <host...>', 'further names and addresses that the certificate is for'))
    .addOption(flag('--token-file <file>', 'holds the bearer token, in place of the Secret; may be replaced'))
    .addOption(flag('--tls-cert-file <file>', 'PEM certificate to serve with, in place of an own one; may be replaced'))
    .addOption(flag('--tls-key-file <file>', 'PEM key of that certificate'))
    .addOption(etcdFlag('etcd of the cluster, for imports by key; members separated by commas'))
    .addOption(etcdCaFlag())
    .addOption(etcdCertFlag())
    .addOption(etcdKeyFlag())
    .addOption(identityFlag())
    .addOption(flag('--backup-dir <dir>', 'where the backup before the import goes').default('.'))
    .addOption(flag('--log-file <file>', 'append the lines of installer.log to this file as well'))
    .addHelpText(
      'after',
      `
Prints its address when it serves; its log goes to stderr. Token and authority for callers are in Secret
cpaas-system/cpaas-installer-access. What it works on is in the cluster: it may be ended and started again at any time.

Examples:
  globalctl serve installer --kubeconfig alauda.kubeconfig --bootstrap-registry 172.18.0.1:11443
  globalctl serve installer --kubeconfig alauda.kubeconfig --bootstrap-registry 172.18.0.1:11443 --plain-http --listen 172.18.0.1:8080
  globalctl serve installer --kubeconfig alauda.kubeconfig --bootstrap-registry 172.18.0.1:11443 --advertise 192.0.2.5 \\
    --listen 0.0.0.0:8443 --etcd https://172.18.0.2:2379 --etcd-ca ca.crt --etcd-cert client.crt --etcd-key client.key`,
    )
    .action(async (flags: InstallerFlags) => {
      await serveInstaller(app, flags);
    });
}

async function serveInstaller(app: App, flags: InstallerFlags): Promise<void> {
  const access = accessOf(app, flags);
  const etcd = etcdOf(app, flags);
  const [{ patience, startInstaller }, { HttpKubeClient }, { connectEtcd }, { etcdConnection }] = await Promise.all([
    import('../../platform/installer/index.ts'),
    import('../../kube/index.ts'),
    import('../../etcd/index.ts'),
    import('../../lab/control/index.ts'),
  ]);
  const { clock, signal } = app;
  const { bootstrapRegistry, registryUsername: username, proxy: proxyUrl } = flags;
  const password = app.env['GLOBALCTL_REGISTRY_PASSWORD'];
  if (password !== undefined) app.redactor.add(password);
  const bootstrapLogin = username === undefined || password === undefined ? {} : { username, password };
  const { host, port } = flags.listen ?? { host: '127.0.0.1', port: access.mode === 'plain' ? 8080 : 8443 };
  await using client = await HttpKubeClient.fromFile(resolve(app.cwd, flags.kubeconfig), {
    fieldManager: 'cpaas-installer',
    ...patience,
    clock,
  });
  await using logFile =
    flags.logFile === undefined ? undefined : await LogFile.open(app, resolve(app.cwd, flags.logFile));
  const installer = await startInstaller({
    client,
    connectSourceEtcd: async () => {
      if (etcd) return await connectEtcd({ ...(await etcdConnection(etcd)), proxyUrl });
      throw new GlobalctlError('ETCD_UNREACHABLE', {
        message: 'nobody said where the etcd of this cluster is',
        hint: 'Start the installer with --etcd, or annotate Cluster/global with installer.cpaas.io/import-method: kubectl.',
      });
    },
    bootstrapRegistry,
    registryAccess: (address, login) => ({
      address,
      proxyUrl,
      // The platform's registries stand on certificates of their own.
      insecure: true,
      ...(login ?? (address === bootstrapRegistry ? bootstrapLogin : undefined)),
    }),
    proxyUrl,
    clock,
    signal,
    backupFolder: resolve(app.cwd, flags.backupDir),
    logSink: (line) => {
      logFile?.write(line);
      app.note(line);
    },
    listen: { host, port },
    access,
    lease: flags.identity === undefined ? undefined : { identity: flags.identity },
  }).catch((error: unknown) => {
    throw LISTEN_ERRORS.has((error as NodeJS.ErrnoException).code)
      ? new GlobalctlError('USAGE', {
          message: `cannot serve on ${host}:${String(port)}: ${(error as Error).message}`,
          hint: 'Give another address with --listen.',
          cause: error,
        })
      : error;
  });
  try {
    app.print(`listening ${installer.url}`);
    await new Promise<void>((end) => {
      signal.addEventListener('abort', () => end(), { once: true });
      if (signal.aborted) end();
    });
  } finally {
    await installer.close();
  }
}

/** Throws USAGE for flags that exclude each other. */
function accessOf(app: App, flags: InstallerFlags): AccessWish {
  const { plainHttp, advertise, tokenFile, tlsCertFile, tlsKeyFile } = flags;
  const path = (file: string): string => resolve(app.cwd, file);
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined))
    throw new GlobalctlError('USAGE', { message: '--tls-cert-file and --tls-key-file go together' });
  if (plainHttp === true) {
    if (tokenFile !== undefined || tlsCertFile !== undefined || advertise !== undefined)
      throw new GlobalctlError('USAGE', {
        message: '--plain-http goes without a token and without a certificate',
        expected: '--plain-http, or --token-file, --tls-cert-file and --advertise',
      });
    return { mode: 'plain' };
  }
  const certificate =
    tlsCertFile === undefined || tlsKeyFile === undefined
      ? undefined
      : { certificateFile: path(tlsCertFile), keyFile: path(tlsKeyFile) };
  const token = tokenFile === undefined ? undefined : path(tokenFile);
  const files = token === undefined && certificate === undefined ? undefined : { token, certificate };
  return { mode: 'secure', hosts: advertise, files };
}

/** installer.log, as the Pod writes it. A disk that is full must not end the installation. */
class LogFile implements AsyncDisposable {
  readonly #stream: WriteStream;

  private constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  static async open(app: App, path: string): Promise<LogFile> {
    const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    await new Promise<void>((opened, failed) => stream.once('open', () => opened()).once('error', failed));
    stream.on('error', (error) => app.note(`${path}: ${error.message}`));
    return new LogFile(stream);
  }

  write(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.end();
    await finished(this.#stream).catch(() => undefined);
  }
}
