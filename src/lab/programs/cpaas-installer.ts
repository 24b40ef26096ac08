import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GlobalctlError } from '../../base/index.ts';
import { connectEtcd, type KeyValueStore } from '../../etcd/index.ts';
import { startInstaller } from '../../platform/installer/index.ts';
import { bootstrapHostService } from '../datacentre/bootstrap-host.ts';
import type { Program, ProgramContext } from '../program.ts';

/** Guide step 8: plain HTTP on 8080. TLS has a port of its own. */
const PLAIN_PORT = 8080;
const TLS_PORT = 8443;

/** The installer Pod of minialauda: the platform's installer service, with the host's log file and the data centre's network. */
export const cpaasInstaller: Program = {
  image: 'ait/cpaas-installer',
  run: async (context) => {
    const host = context.services.get(bootstrapHostService);
    await mkdir(dirname(host.installerLog), { recursive: true });
    const file = createWriteStream(host.installerLog, { flags: 'a', mode: 0o600 });
    // A disk that is full must not end the installation.
    file.on('error', (error) => context.log(`installer.log: ${error.message}`));
    const [, gateway = ''] = host.registryAddresses;
    const { proxyUrl } = context;
    const plain = context.container.args.includes('--plain-http');
    const installer = await startInstaller({
      client: context.client,
      connectSourceEtcd: () => connectOwnEtcd(context),
      bootstrapRegistry: gateway,
      registryAccess: (address, login) => ({
        address,
        proxyUrl,
        insecure: true,
        ...(login ?? (host.registryAddresses.includes(address) ? host.registryLogin : undefined)),
      }),
      proxyUrl,
      access: plain ? { mode: 'plain' } : { mode: 'secure', hosts: [context.podIP] },
      lease: { identity: context.pod.metadata.name ?? context.podIP },
      clock: context.clock,
      signal: context.signal,
      backupFolder: dirname(host.installerLog),
      logSink: (line) => {
        file.write(`${line}\n`);
        context.log(line);
      },
    });
    try {
      context.listen(plain ? PLAIN_PORT : TLS_PORT, installer.port);
      await installer.synced;
      context.markReady();
      await new Promise<void>((resolve) => {
        if (context.signal.aborted) resolve();
        context.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await installer.close();
      await new Promise<void>((resolve) => file.end(() => resolve()));
    }
  },
};

/** The etcd of the cluster that the installer runs in, over its wire protocol, with the host's client certificate. */
async function connectOwnEtcd(context: ProgramContext): Promise<KeyValueStore> {
  const etcd = context.services.get(bootstrapHostService).cluster?.etcd;
  if (!etcd) throw new GlobalctlError('ETCD_UNREACHABLE', { message: 'the etcd of minialauda cannot be reached' });
  return await connectEtcd({
    endpoints: [`127.0.0.1:${String(etcd.loopbackPort)}`],
    tls: { ca: etcd.caPem, certificate: etcd.client.certificatePem, key: etcd.client.keyPem },
  });
}
