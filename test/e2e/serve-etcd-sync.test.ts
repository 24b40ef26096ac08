import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PLATFORM_NAMESPACE, resources, watchUntil } from '../../src/kube/index.ts';
import { startEtcdServer } from '../../src/lab/etcd/index.ts';
import { makeCluster, makeSecret, SyncPair, TOKEN } from '../rigs/etcd-sync/pair.ts';
import { Program } from './program.ts';

const namespace = PLATFORM_NAMESPACE;

it('serve etcd-sync keeps a standby like its primary and ends in an orderly way', { timeout: 180_000 }, async () => {
  await using program = await Program.build();
  await using pair = await SyncPair.start();
  const { primary, standby } = pair;
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-serve-'));
  const etcd = await startEtcdServer({ store: standby.store, name: 'standby' });
  try {
    await writeFile(join(folder, 'kubeconfig'), await standby.server.adminKubeconfig());
    await writeFile(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
    await makeCluster(primary.client, 'shop');
    await makeSecret(primary.client, 'shop-ca', { from: 'primary' });
    const args = [
      ...['serve', 'etcd-sync', '--kubeconfig', 'kubeconfig', '--etcd', etcd.url, '--identity', 'etcd-sync-0'],
      ...['--primary-vip', '127.0.0.1', '--primary-api-port', String(primary.server.port), '--token-file', 'token'],
      ...['--primary-etcd', pair.etcdEndpoint, '--listen', '127.0.0.1:0'],
    ];
    let onLine: (line: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => (onLine = resolve));
    const running = program.start(args, { env: process.env, cwd: folder, onLine });
    const early = running.ended.then(({ stderr }) => `ended: ${stderr}`);
    const url = (await Promise.race([first, early])).replace(/^listening /, '');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const signal = AbortSignal.timeout(60_000);
    await watchUntil(standby.client, resources.secrets, { namespace, signal }, (store) =>
      store.has(`${namespace}/shop-ca`) ? true : undefined,
    );
    const answer = await fetch(`${url}/check`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('LOCAL ETCD missed keys: 0\nLOCAL ETCD surplus keys: 0\n');
    running.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Start Sync update');
    expect(stderr).not.toContain(TOKEN);
    const lease = await standby.client.get(resources.leases, { name: 'etcd-sync-mirror', namespace });
    expect(lease).not.toHaveProperty('spec.holderIdentity');
  } finally {
    await etcd.close();
    await rm(folder, { recursive: true, force: true });
  }
});
