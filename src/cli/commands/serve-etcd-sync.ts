import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../../base/index.ts';
import type { App } from '../app.ts';
import { etcdCaFlag, etcdCertFlag, etcdFlag, etcdKeyFlag, etcdOf, type EtcdFlags } from '../etcd-flags.ts';
import { flag } from '../options.ts';
import { listenAddress, type Listen } from './listen-address.ts';
import { clusterFlag, identityFlag, proxyFlag } from './serve-operators.ts';

interface EtcdSyncFlags extends EtcdFlags {
  readonly kubeconfig: string;
  readonly primaryVip: string;
  readonly tokenFile: string;
  readonly primaryApiPort: number;
  readonly primaryCa?: string;
  readonly primaryEtcd?: string;
  readonly listen: Listen;
  readonly acceptDeletions?: boolean;
  readonly identity?: string;
  readonly proxy?: string;
}

export function registerServeEtcdSync(serve: Command, app: App): void {
  serve
    .command('etcd-sync')
    .description("Run the etcd synchronizer of a standby, which keeps its etcd like the primary's; /check and /metrics")
    .addOption(clusterFlag())
    .addOption(etcdFlag("the standby's own etcd; members separated by commas").makeOptionMandatory())
    .addOption(etcdCaFlag())
    .addOption(etcdCertFlag())
    .addOption(etcdKeyFlag())
    .addOption(flag('--primary-vip <address>', 'VIP of the primary').makeOptionMandatory())
    .addOption(flag('--token-file <file>', "holds the token of the primary's k8sadmin, decoded").makeOptionMandatory())
    .addOption(
      flag('--primary-api-port <port>', "where the primary's API is at its VIP").argParser(Number).default(6443),
    )
    .addOption(flag('--primary-ca <file>', "PEM authority of the primary's API; not verified without it"))
    .addOption(flag('--primary-etcd <addresses>', "the primary's etcd, when its VIP does not forward port 2379"))
    .addOption(
      flag('--listen <host:port>', 'where the monitor serves')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 8080 }, '127.0.0.1:8080'),
    )
    .addOption(flag('--accept-deletions', 'delete what the primary lacks, however much it is'))
    .addOption(identityFlag())
    .addOption(proxyFlag())
    .addHelpText(
      'after',
      `
Of several that run, one writes and the others stand by (Lease etcd-sync-mirror); all of them answer /check. Nothing is ever
written to the primary. Closes the gate of the standby (ConfigMap cpaas-system/etcd-sync-gate).

Examples:
  globalctl serve etcd-sync --kubeconfig standby.kubeconfig --primary-vip 192.0.2.10 --token-file primary.token \\
    --etcd https://127.0.0.1:2379 --etcd-ca ca.crt --etcd-cert client.crt --etcd-key client.key`,
    )
    .action(async (flags: EtcdSyncFlags) => {
      await serveEtcdSync(app, flags);
    });
}

async function serveEtcdSync(app: App, flags: EtcdSyncFlags): Promise<void> {
  const etcd = etcdOf(app, flags);
  if (etcd === undefined) throw new GlobalctlError('USAGE', { message: '--etcd is missing' });
  const [{ startEtcdSync }, { HttpKubeClient }, { connectEtcd }, { etcdConnection }] = await Promise.all([
    import('../../platform/etcd-sync/index.ts'),
    import('../../kube/index.ts'),
    import('../../etcd/index.ts'),
    import('../../lab/control/index.ts'),
  ]);
  const { clock, signal } = app;
  const read = async (file: string): Promise<string> => (await readFile(resolve(app.cwd, file), 'utf8')).trim();
  const token = await read(flags.tokenFile);
  app.redactor.add(token);
  await using client = await HttpKubeClient.fromFile(resolve(app.cwd, flags.kubeconfig), {
    fieldManager: 'etcd-sync',
    clock,
  });
  const sync = await startEtcdSync({
    client,
    connectLocalEtcd: async () => connectEtcd(await etcdConnection(etcd)),
    primary: {
      ...{ vip: flags.primaryVip, token, proxyUrl: flags.proxy, etcdEndpoints: flags.primaryEtcd?.split(',') },
      apiPort: flags.primaryApiPort,
      apiCaPem: flags.primaryCa === undefined ? undefined : await read(flags.primaryCa),
    },
    identity: flags.identity ?? `${hostname()}-${String(process.pid)}`,
    acceptDeletions: flags.acceptDeletions,
    clock,
    signal,
    logSink: (line) => app.note(line),
    listen: flags.listen,
  });
  try {
    app.print(`listening ${sync.url}`);
    await new Promise<void>((end) => {
      signal.addEventListener('abort', () => end(), { once: true });
      if (signal.aborted) end();
    });
  } finally {
    await sync.close();
  }
}
