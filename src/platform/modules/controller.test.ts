import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import {
  conditionOf,
  fieldAt,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../lab/apiserver/index.ts';
import { MemoryStore } from '../../lab/etcd/index.ts';
import { appReleaseCrd, moduleCrds } from '../crds/index.ts';
import { moduleInfoFor, modulePluginFor, runModuleController } from './index.ts';

const namespace = PLATFORM_NAMESPACE;

describe('the module controller', () => {
  let store: MemoryStore;
  let server: ApiServer;
  let client: KubeClient;
  let stop: AbortController;
  let running: Promise<void>;
  const trouble: string[] = [];

  beforeAll(async () => {
    store = new MemoryStore();
    // A webhook, as a cluster may have one, that wants nothing of one kind.
    const validate = (_: unknown, release: KubeObject): string | undefined =>
      release.metadata.name === 'odd' ? 'no odd ones here' : undefined;
    server = await startApiServer({
      store,
      validators: { 'appreleases.operator.alauda.io': { name: 'odd', validate } },
    });
    client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (const crd of [appReleaseCrd, ...moduleCrds]) await client.create(resources.customResourceDefinitions, crd);
    stop = new AbortController();
    await new Promise<void>((resolve) => {
      const log = (line: string): void => void (line.includes(':') && trouble.push(line));
      running = runModuleController({ client, clock: systemClock, signal: stop.signal, log, onSynced: resolve });
    });
  });
  beforeEach(async () => {
    for (const resource of [resources.moduleInfoes, resources.modulePlugins, resources.clusterModules])
      for (const { metadata } of (await client.list(resource)).items)
        await client.delete(resource, { name: metadata.name ?? '' });
    for (const { metadata } of (await client.list(resources.appReleases, { namespace })).items)
      await client.delete(resources.appReleases, { name: metadata.name ?? '', namespace });
  });
  afterAll(async () => {
    stop.abort();
    await running;
    await client.close();
    await server.close();
    await store.close();
    expect(trouble).toEqual([]);
  });

  const until = <T>(resource: Resource, key: string, done: (object: KubeObject) => T | undefined): Promise<T> =>
    watchUntil(client, resource, { signal: AbortSignal.timeout(10_000) }, (objects) => {
      const object = objects.get(key);
      return object && done(object);
    });
  const untilPhase = (name: string, phase: string): Promise<KubeObject> =>
    until(resources.moduleInfoes, name, (o) => (fieldAt(o, 'status', 'phase') === phase ? o : undefined));
  const plugin = async (name: string, dependencies: string[] = []): Promise<void> => {
    const charts = [{ name: `acp/chart-${name}`, releaseName: name, version: '1.0.0' }];
    const values = { global: { registry: { address: 'platform.example.com:11443' } } };
    const repoURL = 'platform.example.com:11443';
    const content = { name, type: 'product' as const, charts, values, repoURL, dependencies };
    await client.create(resources.modulePlugins, modulePluginFor(content));
  };
  const want = (module: string, version = '1.0.0', config?: Record<string, unknown>): Promise<KubeObject> =>
    client.create(
      resources.moduleInfoes,
      moduleInfoFor({ cluster: 'global', module, type: 'product', version, config }),
    );
  /** What the AppRelease operator would report. */
  const report = async (name: string, phase: string, installedRevision: string, lastError = ''): Promise<void> => {
    const charts = [{ name: `acp/chart-${name}`, releaseName: name, phase, installedRevision }];
    const body = { status: { phase, lastError, charts } };
    await client.patch(resources.appReleases, { name, namespace }, { type: 'merge', body, subresource: 'status' });
  };
  const releaseOf = (name: string): Promise<KubeObject> =>
    until(resources.appReleases, `${namespace}/${name}`, (o) => o);

  it('installs a module through an AppRelease and reports it in ClusterModule', async () => {
    await plugin('base');
    await want('base', '1.0.0', { replicas: 3 });
    const release = await releaseOf('base');
    expect(release['spec']).toMatchObject({
      source: { repoURL: 'platform.example.com:11443', charts: [{ name: 'acp/chart-base', targetRevision: '1.0.0' }] },
      values: { global: { registry: { address: 'platform.example.com:11443' } }, replicas: 3 },
    });
    const waiting = await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'base') ? o : undefined,
    );
    expect(fieldAt(waiting, 'status', 'base', 'deployStatus')).toBe('Processing');
    await report('base', 'Success', '1.0.0');
    await untilPhase('global-base', 'Running');
    const done = await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'base', 'deployStatus') === 'Completed' ? o : undefined,
    );
    expect(fieldAt(done, 'status', 'base')).toMatchObject({ deployedVersion: '1.0.0', reason: '' });
    expect(conditionOf(done, 'baseReady')?.status).toBe('True');
  });

  it('holds a module back until those that it depends on are running', async () => {
    await plugin('base');
    await plugin('acp', ['base']);
    await want('acp');
    expect(fieldAt(await untilPhase('global-acp', 'Pending'), 'status', 'reason')).toBe('waits for base');
    expect(await client.find(resources.appReleases, { name: 'acp', namespace })).toBeUndefined();
    await want('base');
    await releaseOf('base');
    await report('base', 'Success', '1.0.0');
    await releaseOf('acp');
    await report('acp', 'Success', '1.0.0');
    await untilPhase('global-acp', 'Running');
    const module = await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'addons', 0, 'deployStatus') === 'Completed' ? o : undefined,
    );
    expect(fieldAt(module, 'status', 'addons', 0, 'name')).toBe('acp');
  });

  it('names the cause of a failure, and counts an upgrade as done only when the new version is installed', async () => {
    await plugin('base');
    await want('base');
    await releaseOf('base');
    await report('base', 'Failed', '', 'chart not found');
    expect(fieldAt(await untilPhase('global-base', 'Failed'), 'status', 'reason')).toBe('chart not found');
    const failed = await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'base', 'deployStatus') === 'Failed' ? o : undefined,
    );
    expect(conditionOf(failed, 'baseReady')?.message).toBe('chart not found');
    await report('base', 'Success', '1.0.0');
    await untilPhase('global-base', 'Running');
    const body = { spec: { version: '1.1.0' } };
    await client.patch(resources.moduleInfoes, { name: 'global-base' }, { type: 'merge', body });
    await untilPhase('global-base', 'Processing');
    await report('base', 'Success', '1.1.0');
    expect(fieldAt(await untilPhase('global-base', 'Running'), 'status', 'version')).toBe('1.1.0');
  });

  it('forgets a module that is deleted: its AppRelease is owned by it, and ClusterModule names it no more', async () => {
    for (const name of ['base', 'acp']) {
      await plugin(name);
      await want(name);
      const release = await releaseOf(name);
      expect(release.metadata.ownerReferences).toMatchObject([{ kind: 'ModuleInfo', name: `global-${name}` }]);
      await report(name, 'Success', '1.0.0');
      await untilPhase(`global-${name}`, 'Running');
    }
    const names = (o: KubeObject): unknown =>
      ((fieldAt(o, 'status', 'addons') ?? []) as { name: string }[]).map((a) => a.name).join();
    await client.delete(resources.moduleInfoes, { name: 'global-acp' });
    await until(resources.clusterModules, 'global', (o) => (names(o) === '' ? o : undefined));
    await client.delete(resources.moduleInfoes, { name: 'global-base' });
    const empty = await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'base') === undefined ? o : undefined,
    );
    expect(fieldAt(empty, 'status', 'version')).toBeUndefined();
    expect(fieldAt(empty, 'status', 'conditions')).toEqual([]);
  });

  it('leaves the AppRelease of another module alone and says whose it is', async () => {
    await plugin('base');
    await want('base');
    await releaseOf('base');
    await client.create(
      resources.moduleInfoes,
      moduleInfoFor({ cluster: 'other', module: 'base', type: 'product', version: '9.9.9' }),
    );
    const refused = await untilPhase('other-base', 'Failed');
    expect(fieldAt(refused, 'status', 'reason')).toBe('AppRelease base belongs to ModuleInfo global-base');
    expect(fieldAt(await releaseOf('base'), 'spec', 'source', 'charts', 0, 'targetRevision')).toBe('1.0.0');
  });

  it('waits for the AppRelease of a module that was deleted and made again', async () => {
    await plugin('base');
    await want('base');
    await releaseOf('base');
    // Nobody collects garbage here, so the AppRelease of the first one stays until the test takes it away.
    await client.delete(resources.moduleInfoes, { name: 'global-base' });
    const second = await want('base');
    const waiting = await untilPhase('global-base', 'Pending');
    expect(fieldAt(waiting, 'status', 'reason')).toContain('which is gone, is deleted');
    await client.delete(resources.appReleases, { name: 'base', namespace });
    await until(resources.appReleases, `${namespace}/base`, (o) =>
      o.metadata.ownerReferences?.[0]?.uid === second.metadata.uid ? o : undefined,
    );
  });

  it('says in the ModuleInfo what the API server refuses', async () => {
    await plugin('odd');
    await want('odd');
    const failed = await untilPhase('global-odd', 'Failed');
    expect(fieldAt(failed, 'status', 'reason')).toContain('no odd ones here');
    await client.delete(resources.moduleInfoes, { name: 'global-odd' });
    await until(resources.clusterModules, 'global', (o) =>
      fieldAt(o, 'status', 'addons', 0) === undefined ? o : undefined,
    );
    expect(trouble.splice(0).every((line) => line.startsWith('module global-odd: KUBE_API: '))).toBe(true);
  });

  it('waits for a plugin that does not exist yet', async () => {
    await want('base');
    expect(fieldAt(await untilPhase('global-base', 'Pending'), 'status', 'reason')).toBe(
      'there is no ModulePlugin base',
    );
    await plugin('base');
    await releaseOf('base');
  });
});
