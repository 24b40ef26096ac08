import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { readReleaseHistory, rewriteRecord } from './release-record.ts';
import { CHART, hasFailed, isReady, namespace, OperatorRig } from '../../../test/rigs/apprelease/operator-rig.ts';

let rig: OperatorRig;
beforeAll(async () => {
  rig = await OperatorRig.start();
  await rig.pushChart('v1.0.1', { 'crds/widgets.yaml': widgetDefinition(['v1']) });
  await rig.pushChart('v1.1.0', { 'crds/widgets.yaml': widgetDefinition(['v1', 'v2']) });
  rig.startOperator();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});

function widgetDefinition(versions: readonly string[]): string {
  return stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Widget', plural: 'widgets' },
      scope: 'Namespaced',
      versions: versions.map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  });
}

const values = (host: string): Record<string, unknown> => ({ values: { global: { host } } });
const hostOf = async (name: string): Promise<unknown> =>
  fieldAt(await rig.client.get(resources.configMaps, { name, namespace }), 'data', 'host');

describe('The AppRelease operator', () => {
  it('installs the chart with its CRDs first, waits for its Pods and says so in the status', async () => {
    await rig.create(rig.release('sample', { revision: 'v1.0.1' }));
    const object = await rig.until('sample', isReady);
    expect(object['status']).toMatchObject({
      phase: 'Success',
      charts: [
        {
          name: CHART,
          releaseName: 'sample',
          namespace,
          phase: 'Success',
          installedRevision: 'v1.0.1',
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
          revision: 1,
        },
      ],
      lastError: '',
    });
    expect(conditionOf(object, 'ImagesAvailable')).toMatchObject({
      status: 'True',
      message: 'sample: 1 of 1 images found',
    });
    const crd = await rig.client.get(resources.customResourceDefinitions, { name: 'widgets.example.com' });
    expect(conditionOf(crd, 'Established')?.status).toBe('True');
    const deployment = await rig.client.get(resources.deployments, { name: 'sample', namespace });
    expect(fieldAt(deployment, 'status', 'readyReplicas')).toBe(1);
    expect(await hostOf('sample')).toBe('platform.example.com');
    expect((await rig.helm.list({ namespace })).map((r) => [r.name, r.chart, r.status])).toEqual([
      ['sample', 'chart-sample-v1.0.1', 'deployed'],
    ]);
  });

  it('upgrades once when the revision changes, and upgrades the CRDs, which Helm does not', async () => {
    const { spec } = rig.release('sample', { revision: 'v1.1.0' });
    await rig.change('sample', spec as Record<string, unknown>);
    const object = await rig.until(
      'sample',
      (o) => isReady(o) && fieldAt(o, 'status', 'charts', 0, 'installedRevision') === 'v1.1.0',
    );
    expect(fieldAt(object, 'status', 'charts', 0, 'revision')).toBe(2);
    const crd = await rig.client.get(resources.customResourceDefinitions, { name: 'widgets.example.com' });
    expect(fieldAt(crd, 'spec', 'versions', 1, 'name')).toBe('v2');
    expect((await rig.helm.status({ name: 'sample', namespace }))?.revision).toBe(2);
  });

  it('recovers an upgrade that a killed Helm left pending by going back to what stood', async () => {
    await copyRecord('sample', 3, 'pending-upgrade');
    await rig.change('sample', values('third.example.com'));
    await rig.until('sample', isReady);
    expect(rig.log.join('\n')).toContain('revision 3 of sample was left pending-upgrade; rolled back to revision 2');
    expect(await hostOf('sample')).toBe('third.example.com');
    expect(await rig.eventsOf('sample')).toContain('Recovered');
  });

  it('puts a failed upgrade back, says so, and goes on when the spec is mended', async () => {
    const before = (await rig.helm.status({ name: 'sample', namespace }))?.revision ?? 0;
    await rig.change('sample', { timeout: 1, values: { nodeSelector: { nowhere: 'yes' }, global: { host: 'bad' } } });
    const failed = await rig.until('sample', hasFailed);
    expect(fieldAt(failed, 'status', 'lastError')).toContain(`rolled back to revision ${String(before)}`);
    expect(fieldAt(failed, 'status', 'charts', 0, 'installedRevision')).toBe('v1.1.0');
    expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'COMMAND_FAILED' });
    expect(await hostOf('sample')).toBe('third.example.com');
    await rig.change('sample', { timeout: 60, values: { nodeSelector: null, global: { host: 'mended' } } });
    await rig.until('sample', isReady);
    expect(await hostOf('sample')).toBe('mended');
  });

  it('leaves an upgrade that is under way when its spec is changed again', async () => {
    await rig.change('sample', { timeout: 600, values: { nodeSelector: { nowhere: 'yes' } } });
    await watchUntil(
      rig.client,
      resources.secrets,
      { namespace, labelSelector: 'owner=helm,status=pending-upgrade', signal: AbortSignal.timeout(15_000) },
      (store) => (store.size > 0 ? true : undefined),
    );
    await rig.change('sample', { values: { nodeSelector: null, global: { host: 'after all' } } });
    await rig.until('sample', isReady);
    expect(await hostOf('sample')).toBe('after all');
  });

  it('says what is wrong while a chart is missing, and installs it when it appears', async () => {
    await rig.create(rig.release('late', { revision: 'v9.0.0' }));
    const failed = await rig.until('late', hasFailed);
    expect(fieldAt(failed, 'status', 'lastError')).toContain('ait/chart-sample/manifests/v9.0.0: 404 MANIFEST_UNKNOWN');
    expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'REGISTRY_NOT_FOUND' });
    await rig.pushChart('v9.0.0');
    await rig.until('late', isReady);
    expect(await rig.eventsOf('late')).toEqual(expect.arrayContaining(['InstallFailed', 'Installed']));
  });

  it('changes nothing while an image is missing, names it and its registry, and goes on when it is there', async () => {
    await rig.change('late', { values: { tag: 'v2', global: { host: 'new' } } });
    const failed = await rig.until('late', hasFailed);
    const message = `Deployment late needs ${rig.registry.address}/ait/sample:v2, which registry ${rig.registry.address} does not have`;
    expect(conditionOf(failed, 'ImagesAvailable')).toMatchObject({ status: 'False', reason: 'Missing', message });
    expect(conditionOf(failed, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'APPRELEASE_IMAGE_MISSING',
      message,
    });
    expect(await hostOf('late')).toBe('platform.example.com');
    expect((await rig.helm.status({ name: 'late', namespace }))?.revision).toBe(1);
    await rig.pushImage('ait/sample', 'v2');
    await rig.until('late', isReady);
    expect(await hostOf('late')).toBe('new');
  });

  it('uninstalls what the spec no longer names, and everything when a recycled AppRelease is deleted', async () => {
    const charts = (releaseName: string): Record<string, unknown> => ({
      source: { charts: [{ name: CHART, releaseName, targetRevision: 'v9.0.0' }] },
    });
    await rig.change('late', charts('renamed'));
    await rig.until('late', isReady);
    expect((await rig.helm.list({ namespace })).map((r) => r.name)).toEqual(['renamed', 'sample']);
    for (const name of ['late', 'sample']) await rig.client.delete(resources.appReleases, { name, namespace });
    await watchUntil(rig.client, resources.appReleases, { namespace, signal: AbortSignal.timeout(15_000) }, (store) =>
      store.size === 0 ? true : undefined,
    );
    expect(await rig.helm.list({ namespace })).toEqual([]);
  });

  it('leaves the charts of a deleted AppRelease alone where auto-recycle does not say so', async () => {
    await rig.create(rig.release('kept', { annotations: {} }));
    await rig.until('kept', isReady);
    await rig.client.delete(resources.appReleases, { name: 'kept', namespace });
    expect((await rig.helm.list({ namespace })).map((r) => r.name)).toEqual(['kept']);
  });

  it('waits for the releases that a release depends on, names a circle, and goes on when it is broken', async () => {
    await rig.create(rig.release('second', { spec: { dependsOn: ['first'] } }));
    const waiting = await rig.until('second', (o) => conditionOf(o, 'DependenciesReady')?.status === 'False');
    expect(conditionOf(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'WaitingForDependencies',
      message: 'waits for cpaas-system/first (does not exist)',
    });
    await rig.create(rig.release('first', { spec: { dependsOn: ['second'] } }));
    const circle = await rig.until('first', (o) => conditionOf(o, 'Ready')?.reason === 'DependencyCircle');
    expect(fieldAt(circle, 'status', 'lastError')).toBe(
      'dependsOn goes in a circle: cpaas-system/first -> cpaas-system/second -> cpaas-system/first',
    );
    await rig.change('first', { dependsOn: null });
    await rig.until('first', isReady);
    await rig.until('second', isReady);
    expect((await rig.helm.list({ namespace })).map((r) => r.name)).toEqual(['first', 'kept', 'second']);
  });

  /** Helm's record of a release once more under the next revision: what it leaves when it is killed at work. */
  async function copyRecord(name: string, revision: number, status: string): Promise<void> {
    const [latest] = await readReleaseHistory(rig.client, { name, namespace });
    if (!latest) throw new Error(`no record of ${name}`);
    const { metadata, ...record } = rewriteRecord(latest, { status, revision, description: 'Preparing upgrade' });
    const { labels } = metadata;
    await rig.client.create<KubeObject>(resources.secrets, {
      ...record,
      metadata: { name: `sh.helm.release.v1.${name}.v${String(revision)}`, namespace, ...(labels && { labels }) },
    });
  }
});
