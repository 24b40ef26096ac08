import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../base/index.ts';
import { conditionOf, fieldAt, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { hasFailed, isReady, namespace, OperatorRig } from '../../../test/rigs/apprelease/operator-rig.ts';

let rig: OperatorRig;
/** How much faster than real the operator's back-off is. */
let speed = 100;
const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => systemClock.sleep(ms / speed, signal) };
beforeAll(async () => {
  rig = await OperatorRig.start();
  rig.startOperator({ throughFaults: true, clock });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});
afterEach(() => {
  rig.api.faults.length = 0;
  speed = 100;
});

const lastError = (object: KubeObject): string => String(fieldAt(object, 'status', 'lastError'));
const configOf = (name: string): Promise<KubeObject | undefined> =>
  rig.client.find(resources.configMaps, { name, namespace });

describe('The AppRelease operator in trouble', () => {
  it('names the Secret that is missing, and goes on as soon as it is there', async () => {
    // The back-off alone would take longer than the test waits.
    speed = 0.01;
    await rig.create(rig.release('early', { source: { chartPullSecret: 'late-login' } }));
    const failed = await rig.until('early', hasFailed);
    expect(lastError(failed)).toBe('chartPullSecret: Secret cpaas-system/late-login does not exist');
    expect(fieldAt(failed, 'status', 'charts', 0, 'phase')).toBe('Failed');
    await rig.client.create(resources.secrets, rig.pullSecret('late-login', 'a-registry-password'));
    await rig.until('early', isReady);
  });

  it('goes on as soon as a wrong login is corrected, and never repeats the password', async () => {
    await rig.client.create(resources.secrets, rig.pullSecret('wrong-login', 'not-the-password'));
    speed = 0.01;
    await rig.create(rig.release('denied', { source: { chartPullSecret: 'wrong-login' } }));
    const failed = await rig.until('denied', hasFailed);
    expect(conditionOf(failed, 'Ready')?.reason).toBe('REGISTRY_DENIED');
    const { data } = rig.pullSecret('wrong-login', 'a-registry-password');
    await rig.client.patch(resources.secrets, { name: 'wrong-login', namespace }, { type: 'merge', body: { data } });
    await rig.until('denied', isReady);
    expect(JSON.stringify(failed) + rig.log.join('\n')).not.toContain('not-the-password');
  });

  it("fails on wrong values in Helm's words and touches nothing", async () => {
    const schema = { type: 'object', properties: { replicas: { type: 'integer' } } };
    await rig.pushChart('v2.0.0', { 'values.schema.json': JSON.stringify(schema) });
    await rig.create(rig.release('wrong', { revision: 'v2.0.0', values: { replicas: 'many' } }));
    const failed = await rig.until('wrong', hasFailed);
    expect(lastError(failed)).toMatch(
      /^helm upgrade wrong: values don't meet the specifications of the schema.*replicas/,
    );
    expect(await rig.helm.list({ namespace })).not.toContainEqual(expect.objectContaining({ name: 'wrong' }));
    await rig.change('wrong', { values: { replicas: 1 } });
    await rig.until('wrong', isReady);
  });

  it('waits out a registry that is down', async () => {
    await rig.stopRegistry();
    try {
      await rig.create(rig.release('unserved'));
      const failed = await rig.until('unserved', hasFailed);
      expect(conditionOf(failed, 'Ready')?.reason).toBe('REGISTRY_UNREACHABLE');
    } finally {
      await rig.restartRegistry();
    }
    await rig.until('unserved', isReady);
  });

  it.each([
    { status: 500, reason: 'InternalError' },
    { status: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 },
    { status: 409, reason: 'Conflict' },
  ])('comes through an API server that answers $status to reads and writes', async (answer) => {
    // Status, Helm's records and the objects themselves: each kind of request is hit while the chart is installed.
    for (const method of ['GET', 'POST', 'PATCH'])
      rig.api.faults.push({ method, path: /configmaps|secrets|appreleases|deployments/, times: 1, answer });
    const name = `after-${String(answer.status)}`;
    await rig.create(rig.release(name));
    await rig.until(name, isReady);
    expect(rig.api.faults.map(({ times }) => times)).toContain(0);
    expect(fieldAt(await configOf(name), 'data')).toEqual({ host: 'platform.example.com' });
  });

  it('comes through connections that break', async () => {
    for (const method of ['GET', 'POST', 'PATCH'])
      rig.api.faults.push({ method, path: /secrets|appreleases|deployments/, times: 1 });
    await rig.create(rig.release('after-breaks'));
    await rig.until('after-breaks', isReady);
    expect(rig.api.faults.map(({ times }) => times)).toContain(0);
  });

  it('says which definition clashes with one of the cluster', async () => {
    const definition = (plural: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.example.com }
spec:
  group: example.com
  names: { kind: Widget, plural: ${plural} }
  scope: Namespaced
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;
    await rig.pushChart('v3.0.0', { 'crds/widgets.yaml': definition('widgets') });
    await rig.pushChart('v3.0.1', { 'crds/others.yaml': definition('otherwidgets') });
    await rig.create(rig.release('widgets', { revision: 'v3.0.0' }));
    await rig.until('widgets', isReady);
    await rig.create(rig.release('others', { revision: 'v3.0.1' }));
    const failed = await rig.until('others', hasFailed);
    expect(conditionOf(failed, 'Ready')?.reason).toBe('APPRELEASE_CRD_CONFLICT');
    expect(lastError(failed)).toContain('CustomResourceDefinition otherwidgets.example.com');
    await rig.client.delete(resources.customResourceDefinitions, { name: 'widgets.example.com' });
    await rig.until('others', isReady);
  });

  it('waits until a namespace that is going is gone, and makes it anew', async () => {
    const held = { name: 'held', namespace: 'going' };
    await rig.client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await rig.client.create(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...held, finalizers: ['example.com/hold'] },
    });
    await rig.client.delete(resources.namespaces, { name: 'going' });
    await rig.create(rig.release('moved', { spec: { destination: { cluster: '', namespace: 'going' } } }));
    const failed = await rig.until('moved', hasFailed);
    expect(lastError(failed)).toContain('because it is being terminated');
    await rig.client.patch(resources.configMaps, held, { type: 'merge', body: { metadata: { finalizers: null } } });
    await rig.until('moved', isReady);
    expect(await rig.client.find(resources.configMaps, { name: 'moved', namespace: 'going' })).toBeDefined();
  });

  it('gives up after the timeout of the spec, not of Helm, and keeps a first installation for people to look at', async () => {
    await rig.create(rig.release('slow', { timeout: 1, values: { nodeSelector: { nowhere: 'yes' } } }));
    const failed = await rig.until('slow', hasFailed);
    expect(lastError(failed)).toMatch(/^helm upgrade slow: .*(deadline|timed out)/);
    expect(await rig.client.find(resources.deployments, { name: 'slow', namespace })).toBeDefined();
    await rig.change('slow', { timeout: 60, values: { nodeSelector: null } });
    await rig.until('slow', isReady);
  });

  it('refuses an object for another cluster', async () => {
    await rig.create(rig.release('elsewhere', { spec: { destination: { cluster: 'business-1', namespace: '' } } }));
    const failed = await rig.until('elsewhere', hasFailed);
    expect(lastError(failed)).toContain('spec.destination.cluster: "business-1" is another cluster');
  });

  it('lets one of two operators work, and ends the Helm of the one that loses the Lease before the other goes on', async () => {
    const second = rig.startOperator({ lease: { identity: 'second' } });
    await untilLogged(/is at work; waiting/);
    await rig.create(rig.release('handed-over', { timeout: 600, values: { nodeSelector: { nowhere: 'yes' } } }));
    const signal = AbortSignal.timeout(15_000);
    const pending = { namespace, labelSelector: 'owner=helm,status=pending-install', signal };
    await watchUntil(rig.client, resources.secrets, pending, (store) => (store.size > 0 ? true : undefined));
    // Somebody takes the Lease away from the one at work.
    await rig.client.delete(resources.leases, { name: 'apprelease-operator', namespace });
    await untilLogged(/lost: /);
    await rig.change('handed-over', { values: { nodeSelector: null } });
    await rig.until('handed-over', isReady);
    await second.stop();
  });

  async function untilLogged(words: RegExp): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!rig.log.some((line) => words.test(line))) {
      if (Date.now() > deadline) throw new Error(`never said: ${String(words)}`);
      await new Promise((done) => setImmediate(done));
    }
  }
});
