import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { IMPORTED_LABEL, PLATFORM_NAMESPACE, resources, type KubeObject } from '../../kube/index.ts';
import { make, makeSecret, populate, Side } from '../../../test/rigs/import/sides.ts';
import { hcs } from '../../providers/hcs/index.ts';
import type { InstallContext } from '../context.ts';
import { HostPaths } from '../host-paths.ts';
import { requireOpenGates } from './check-handoff.ts';
import type { Gate } from './gate.ts';
import { checkObjects, checkOwnership, type BothClusters } from './moved-objects.ts';
import { checkCredentials, checkProviders } from './providers-and-credentials.ts';
import { checkReferences, referencesIn } from './references.ts';
import { readHandoffRecord, retireBootstrapCluster } from './retire.ts';

const namespace = PLATFORM_NAMESPACE;
const ref = { name: 'global', namespace };

describe('the gates of the hand-off', () => {
  let bootstrap: Side;
  let cluster: Side;
  let both: BothClusters;
  beforeAll(async () => {
    [bootstrap, cluster] = await Promise.all([Side.start(), Side.start()]);
    await Promise.all([populate(bootstrap, 1), populate(cluster, 1)]);
    const { signal } = new AbortController();
    both = { bootstrap: bootstrap.client, cluster: cluster.client, kinds: hcs.kinds, signal };
  });
  afterAll(async () => {
    await Promise.all([bootstrap[Symbol.asyncDispose](), cluster[Symbol.asyncDispose]()]);
  });

  const setCluster = async (side: Side, paused: boolean, imported: boolean): Promise<void> => {
    const body = { metadata: { labels: { [IMPORTED_LABEL]: imported ? '' : null } }, spec: { paused } };
    await side.client.patch(resources.clusters, ref, { type: 'merge', body });
  };

  it('ownership: paused here and released there, and nothing else', async () => {
    for (const [here, there, imported] of [
      [false, true, false],
      [true, true, false],
      [false, false, true],
      [true, false, false],
    ] as const) {
      await setCluster(bootstrap, here, false);
      await setCluster(cluster, there, imported);
      expect(await checkOwnership(both)).toMatchObject({ ok: false });
    }
    await setCluster(bootstrap, true, false);
    await setCluster(cluster, false, true);
    expect(await checkOwnership(both)).toEqual({
      ok: true,
      observed: 'Cluster of minialauda: paused; of the new cluster: released',
    });
  });

  it('objects: each is there, the same or made from it', async () => {
    expect(await checkObjects(both)).toMatchObject({
      ok: false,
      observed: expect.stringContaining('Cluster cpaas-system/global is another object there') as string,
    });
    for (const resource of [
      resources.clusters,
      resources.kubeadmControlPlanes,
      resources.machines,
      resources.kubeadmConfigs,
    ])
      for (const { metadata } of await bootstrap.list(resource)) {
        const annotations = { 'installer.cpaas.io/imported-from-uid': metadata.uid };
        const body = { metadata: { annotations } };
        await cluster.client.patch(resource, { name: metadata.name ?? '', namespace }, { type: 'merge', body });
      }
    expect(await checkObjects(both)).toEqual({
      ok: true,
      observed: '0 objects with the same uid, 4 made from theirs through the API',
    });
    await make(bootstrap.client, resources.kubeadmConfigs, { name: 'only-here', spec: {} });
    expect(await checkObjects(both)).toEqual({
      ok: false,
      observed: 'KubeadmConfig cpaas-system/only-here is missing',
    });
    await bootstrap.client.delete(resources.kubeadmConfigs, { name: 'only-here', namespace });
  });

  it('credentials: there, not empty, and what they are here', async () => {
    const check = (): Promise<unknown> =>
      checkCredentials({ ...both, credentialRef: hcs.shape.credentialRef, credentialSecret: 'global-secret' });
    expect(await check()).toEqual({ ok: true, observed: 'Secret global-secret' });
    const set = (data: Record<string, string> | null): Promise<unknown> =>
      cluster.client.patch(resources.secrets, { name: 'global-secret', namespace }, { type: 'merge', body: { data } });
    await set({ accessKey: Buffer.from('other').toString('base64') });
    expect(await check()).toEqual({ ok: false, observed: 'Secret global-secret differs from that of minialauda' });
    await set({ accessKey: '' });
    expect(await check()).toEqual({ ok: false, observed: 'Secret global-secret has nothing under accessKey' });
    await set(null);
    expect(await check()).toEqual({ ok: false, observed: 'Secret global-secret holds nothing' });
    await cluster.client.delete(resources.secrets, { name: 'global-secret', namespace });
    expect(await check()).toEqual({ ok: false, observed: 'Secret global-secret is missing' });
    await makeSecret(cluster.client, 'global-secret', { accessKey: 'AK', secretKey: 'SK' });
    expect(await check()).toMatchObject({ ok: true });
  });

  it('providers: each one that works here is available there', async () => {
    expect(await checkProviders(both)).toMatchObject({ ok: false });
    await deployment(bootstrap, 'hcs', true);
    expect(await checkProviders(both)).toEqual({ ok: false, observed: 'hcs: missing' });
    await deployment(cluster, 'hcs', false);
    expect(await checkProviders(both)).toEqual({ ok: false, observed: 'hcs: not available' });
    await available(cluster, 'hcs', true);
    expect(await checkProviders(both)).toEqual({ ok: true, observed: 'hcs available' });
  });

  it('references: none to the registry, the API server or the name, also inside of Secrets', async () => {
    const names = { registries: ['192.0.2.5:11443', '172.18.0.1:11443'], server: 'https://192.0.2.5:6443' };
    const check = (): Promise<{ ok: boolean; observed: string }> =>
      checkReferences({ cluster: cluster.client, kinds: hcs.kinds, names, signal: new AbortController().signal });
    expect(await check()).toMatchObject({
      ok: true,
      observed: expect.stringMatching(/^none in \d+ objects$/) as string,
    });
    await makeSecret(cluster.client, 'old-kubeconfig', { value: 'server: https://192.0.2.5:6443' });
    const annotations = { 'cpaas.io/registry-address': '192.0.2.5:11443' };
    await cluster.client.patch(resources.clusters, ref, { type: 'merge', body: { metadata: { annotations } } });
    const { ok, observed } = await check();
    expect(ok).toBe(false);
    expect(observed).toContain('Secret cpaas-system/old-kubeconfig data.value: 192.0.2.5:6443');
    expect(observed).toContain('metadata.annotations.cpaas.io/registry-address: 192.0.2.5:11443');
  });

  async function deployment(side: Side, name: string, isAvailable: boolean): Promise<void> {
    const labels = { 'cluster.x-k8s.io/provider': name };
    await side.client.create<KubeObject>(resources.deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name, image: 'a:1' }] } },
      },
    });
    await available(side, name, isAvailable);
  }

  async function available(side: Side, name: string, is: boolean): Promise<void> {
    const conditions = [{ type: 'Available', status: is ? 'True' : 'False' }];
    const body = { status: { conditions } };
    await side.client.patch(resources.deployments, { name, namespace }, { type: 'merge', body, subresource: 'status' });
  }
});

describe('a reference', () => {
  const names = { registries: ['10.0.0.1:11443'], server: 'https://10.0.0.1:6443' };
  const configMap = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x' },
    data: { key: value },
  });

  it.each(['10.0.0.1:11443/ait/x:1', 'https://10.0.0.1:6443', 'a minialauda-control-plane b'])('is %s', (value) => {
    expect(referencesIn(configMap(value), names).map((found) => found.path)).toEqual(['data.key']);
  });

  it.each(['110.0.0.1:11443', '10.0.0.1:114430', '10.0.0.1:443', 'xminialauda'])('is not %s', (value) => {
    expect(referencesIn(configMap(value), names)).toEqual([]);
  });

  it('of the past, or in a status, does not count', () => {
    const metadata = {
      name: 'x',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '10.0.0.1:11443' },
    };
    expect(referencesIn({ ...configMap('x'), metadata, status: { host: '10.0.0.1:6443' } }, names)).toEqual([]);
  });
});

describe('retiring', () => {
  let folder: string;
  let context: InstallContext;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-handoff-'));
    const clusters = {
      globalKubeconfig: () => Promise.resolve('kubeconfig'),
      globalKubeconfigPath: join(folder, 'kept'),
    };
    context = {
      host: new HostPaths(folder),
      stateFolder: join(folder, 'state'),
      clusters,
      clock: systemClock,
      signal: new AbortController().signal,
    } as unknown as InstallContext;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  const script = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${content}\n`);
    await chmod(path, 0o755);
  };
  const gates: readonly Gate[] = [{ id: 'backup', title: 'a', ok: true, observed: 'b', cure: 'c' }];

  it('runs the script of the Core Package, keeps the kubeconfig, and leaves a record', async () => {
    await script(context.host.removalScript, `echo gone > ${folder}/done`);
    await retireBootstrapCluster(context, gates);
    expect(await readFile(join(folder, 'done'), 'utf8')).toBe('gone\n');
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('kubeconfig');
    expect(await readHandoffRecord(context)).toMatchObject({ gates, how: `sh ${context.host.removalScript}` });
  });

  it('removes the container of KIND where there is no script, and nothing else', async () => {
    const bin = join(folder, 'bin');
    await script(
      join(bin, 'docker'),
      `echo "$@" >> ${folder}/calls; [ "$1" = ps ] && printf 'other\\nminialauda-control-plane\\n'; [ "$1" != network ]`,
    );
    vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
    const { how } = await retireBootstrapCluster(context, gates);
    expect(how).toBe('docker rm minialauda-control-plane');
    expect((await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')).toEqual([
      'ps --all --format {{.Names}}',
      'rm --force --volumes minialauda-control-plane',
      'network rm kind',
    ]);
  });

  it('says so when there is nothing to retire, and leaves no record', async () => {
    const bin = join(folder, 'bin');
    for (const name of ['docker', 'nerdctl', 'podman']) await script(join(bin, name), 'echo other');
    vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
    await expect(retireBootstrapCluster(context, gates)).rejects.toMatchObject({ code: 'HANDOFF_NOTHING' });
    expect(await readHandoffRecord(context)).toBeUndefined();
  });

  it('is refused while a gate is closed', () => {
    const closed: Gate = { id: 'objects', title: 'Objects', ok: false, observed: 'one is missing', cure: 'Look.' };
    expect(() => requireOpenGates([...gates, closed])).toThrow(
      expect.objectContaining({
        code: 'HANDOFF_CLOSED',
        message: '1 of 2 gates are closed; minialauda stays',
      }) as Error,
    );
    expect(() => requireOpenGates(gates)).not.toThrow();
  });
});
