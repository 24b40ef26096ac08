// One replica of the installer as a process of its own: told what it needs in its first line of input, tells where it listens
// in its first line of output, then its log.
import { createInterface } from 'node:readline';
import { systemClock, type Clock } from '../../../src/base/index.ts';
import { connectEtcd } from '../../../src/etcd/index.ts';
import { HttpKubeClient, PLATFORM_NAMESPACE, resources, type HttpKubeClientOptions } from '../../../src/kube/index.ts';
import { createHelm, type Helm } from '../../../src/platform/helm/index.ts';
import { startInstaller } from '../../../src/platform/installer/start-installer.ts';

export interface ChildConfig {
  readonly sourceKubeconfig: string;
  readonly targetKubeconfig: string;
  /** `host:port`. */
  readonly sourceEtcd: string;
  readonly targetEtcd: string;
  readonly bootstrapRegistry: string;
  /** Where the platform registry really listens, and under which name requests know it. */
  readonly platformRegistry: string;
  readonly platformRegistryName: string;
  readonly backupFolder: string;
  /** A real Helm; what it would have installed is only recorded when absent. */
  readonly helm?: string | undefined;
}

/** Records what Helm would have installed. */
function recordingHelm(kubeconfig: string): Helm {
  const refuse = (): never => {
    throw new Error('not asked for');
  };
  return {
    async upgradeInstall({ release: { name, namespace } }) {
      const client = await HttpKubeClient.fromText(kubeconfig);
      const metadata = { name: `helm-${name}`, namespace: PLATFORM_NAMESPACE };
      await client.apply(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata }, { force: true });
      await client.close();
      return { name, namespace, revision: 1, status: 'deployed' } as never;
    },
    template: refuse,
    list: refuse,
    status: refuse,
    rollback: refuse,
    uninstall: refuse,
  };
}

export interface ReplicaWish {
  readonly identity: string;
  readonly print: (line: string) => void;
  readonly clock?: Clock | undefined;
  /** Of the clients of both API servers. */
  readonly patience?: Pick<HttpKubeClientOptions, 'requestTimeoutMs' | 'watchTimeoutMs'> | undefined;
}

/** One replica in this process. */
export async function startFromConfig(config: ChildConfig, wish: ReplicaWish): ReturnType<typeof startInstaller> {
  const { identity, print, clock = systemClock, patience = {} } = wish;
  return await startInstaller({
    client: await HttpKubeClient.fromText(config.sourceKubeconfig, patience),
    connectSourceEtcd: () => connectEtcd({ endpoints: [config.sourceEtcd] }),
    connectTargetEtcd: () => connectEtcd({ endpoints: [config.targetEtcd] }),
    connectCluster: () => HttpKubeClient.fromText(config.targetKubeconfig, patience),
    bootstrapRegistry: config.bootstrapRegistry,
    registryAccess: (address) => ({
      address: address === config.platformRegistryName ? config.platformRegistry : address,
      insecure: true,
    }),
    createHelm: () =>
      config.helm === undefined
        ? recordingHelm(config.targetKubeconfig)
        : createHelm({ kubeconfigText: config.targetKubeconfig, helmPath: config.helm }),
    clock,
    signal: new AbortController().signal,
    backupFolder: config.backupFolder,
    logSink: print,
    access: { mode: 'plain' },
    lease: { identity, durationMs: 3000, renewDeadlineMs: 1500, retryMs: 300 },
  });
}

if (process.argv[2] === 'installer') {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    const installer = await startFromConfig(JSON.parse(line) as ChildConfig, {
      identity: process.argv[3] ?? 'child',
      print,
    });
    print(`listening ${installer.url}`);
    break;
  }
}
