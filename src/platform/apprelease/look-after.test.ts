import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { conditionOf, fieldAt, resources, watchUntil, type Condition, type KubeObject } from '../../kube/index.ts';
import { timestamp } from './status.ts';
import { CHART, isReady, namespace, OperatorRig } from '../../../test/rigs/apprelease/operator-rig.ts';

const INTERVAL_MS = 5 * 60_000;
let rig: OperatorRig;
const syncClock = new ManualClock(Date.now());
beforeAll(async () => {
  rig = await OperatorRig.start();
  rig.startOperator({ syncClock, syncIntervalMs: INTERVAL_MS, lease: { renewDeadlineMs: 1e9, durationMs: 2e9 } });
  await rig.pushChart('v1.2.0', {
    'templates/webhook.yaml': `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: sample }
webhooks:
  - name: first.example.com
    clientConfig: { url: "https://192.0.2.1/", caBundle: Zmlyc3Q= }
    admissionReviewVersions: [v1]
    sideEffects: None
    rules: [{ apiGroups: [nowhere.example.com], apiVersions: [v1], resources: [nothings], operations: [CREATE] }]
`,
    'templates/secret.yaml': `
apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }}-login }
stringData: { password: chart-password }
`,
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});
beforeEach(() => {
  rig.log.length = 0;
});

const ref = { name: 'sample', namespace };

/** Lets the interval pass; the condition after the look that is due then. */
async function look(type = 'Drifted'): Promise<Condition> {
  await syncClock.advance(INTERVAL_MS);
  const lastSyncTime = timestamp(syncClock.now());
  const object = await rig.until('sample', (o) => fieldAt(o, 'status', 'lastSyncTime') === lastSyncTime);
  const found = conditionOf(object, type);
  if (!found) throw new Error(`no condition ${type}`);
  return found;
}
const merge = (resource: Parameters<OperatorRig['client']['patch']>[0], body: unknown): Promise<KubeObject> =>
  rig.client.patch(resource, ref, { type: 'merge', body });

describe('Looking after a release', () => {
  it('finds nothing to put right where nothing was changed', async () => {
    await rig.create(rig.release('sample', { revision: 'v1.2.0' }));
    await rig.until('sample', isReady);
    expect((await look()).reason).toBe('NoDrift');
  });

  it('names object and field of what was changed, without its value, and puts it back', async () => {
    await merge(resources.configMaps, { data: { host: 'tampered', extra: 'stays' } });
    await rig.client.patch(
      resources.secrets,
      { name: 'sample-login', namespace },
      { type: 'merge', body: { stringData: { password: 'leaked-word' } } },
    );
    const { status, message } = await look();
    expect(status).toBe('False');
    expect(message).toBe(
      'put back: Secret cpaas-system/sample-login: data.password; ConfigMap cpaas-system/sample: data.host',
    );
    const config = await rig.client.get(resources.configMaps, ref);
    expect(config['data']).toEqual({ host: 'platform.example.com', extra: 'stays' });
    // The fields are Helm's as before: its next upgrade finds no other owner.
    const owners = config.metadata.managedFields?.filter(({ operation }) => operation === 'Apply');
    expect(owners?.map(({ manager }) => manager)).toEqual(['helm']);
    const secret = await rig.client.get(resources.secrets, { name: 'sample-login', namespace });
    expect(fieldAt(secret, 'data', 'password')).toBe(Buffer.from('chart-password').toString('base64'));
    expect(await rig.eventsOf('sample')).toEqual(expect.arrayContaining(['DriftFound', 'DriftRepaired']));
    expect(rig.log.join('\n')).not.toContain('leaked-word');
    expect((await look()).reason).toBe('NoDrift');
  });

  it('makes a deleted object anew, without a new revision of the release', async () => {
    await rig.client.delete(resources.deployments, ref);
    const { message } = await look();
    expect(message).toBe('put back: Deployment cpaas-system/sample is gone');
    expect(await rig.client.find(resources.deployments, ref)).toBeDefined();
    expect((await rig.helm.status(ref))?.revision).toBe(1);
  });

  it('leaves replicas to an autoscaler and certificates of webhooks to their injector', async () => {
    await rig.client.create(resources.horizontalPodAutoscalers, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: ref,
      spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sample' } },
    });
    await merge(resources.deployments, { spec: { replicas: 3 } });
    const webhooks = await rig.client.resolve('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration');
    const injected = Buffer.from('injected').toString('base64');
    await rig.client.patch(
      webhooks,
      { name: 'sample' },
      { type: 'json', body: [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: injected }] },
    );
    // Something else is wrong as well, so that a repair is made and could take the two away.
    await merge(resources.configMaps, { data: { host: 'tampered' } });
    expect((await look()).message).toBe('put back: ConfigMap cpaas-system/sample: data.host');
    // What the chart does not speak of is nobody's business here.
    await merge(resources.deployments, { spec: { template: { metadata: { labels: { app: 'sample', extra: 'x' } } } } });
    await merge(resources.deployments, { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } });
    expect((await look()).reason).toBe('NoDrift');
    await rig.client.patch(resources.deployments, ref, {
      type: 'strategic',
      body: { spec: { template: { spec: { containers: [{ name: 'main', image: 'other:v1' }] } } } },
    });
    expect((await look()).message).toBe(
      'put back: Deployment cpaas-system/sample: spec.template.spec.containers[main].image',
    );
    expect(fieldAt(await rig.client.get(resources.deployments, ref), 'spec', 'replicas')).toBe(3);
    expect(fieldAt(await rig.client.get(webhooks, { name: 'sample' }), 'webhooks', 0, 'clientConfig', 'caBundle')).toBe(
      injected,
    );
    await rig.client.delete(resources.horizontalPodAutoscalers, ref);
    expect((await look()).message).toBe('put back: Deployment cpaas-system/sample: spec.replicas');
  });

  it('leaves alone what spec.ignoreDifferences names', async () => {
    await rig.change('sample', {
      ignoreDifferences: [{ kind: 'ConfigMap', name: 'sample', jsonPointers: ['/data/host'] }],
    });
    await rig.until('sample', isReady);
    await merge(resources.configMaps, { data: { host: 'mine' } });
    expect((await look()).reason).toBe('NoDrift');
    expect(fieldAt(await rig.client.get(resources.configMaps, ref), 'data', 'host')).toBe('mine');
  });

  it('says what cannot be put back, in the words of the API server', async () => {
    const live = await rig.client.get(resources.deployments, ref);
    await rig.client.delete(resources.deployments, ref);
    const labels = { app: 'sample', more: 'x' };
    const { metadata: _, status: __, ...rest } = live;
    await rig.client.create<KubeObject>(resources.deployments, {
      ...rest,
      metadata: ref,
      spec: {
        ...(live['spec'] as object),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: fieldAt(live, 'spec', 'template', 'spec') },
      },
    });
    const { status, message } = await look();
    expect(status).toBe('True');
    expect(message).toMatch(/^cannot be put back: Deployment cpaas-system\/sample: .*field is immutable/);
    await rig.client.delete(resources.deployments, ref);
    expect((await look()).reason).toBe('Repaired');
  });

  it('says that a version stands for another chart now, and installs that when the spec changes', async () => {
    const installed = fieldAt(await rig.until('sample', isReady), 'status', 'charts', 0, 'digest');
    await rig.pushChart('v1.2.0', {
      'templates/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n',
    });
    const { message = '' } = await look('TagMoved');
    expect(message).toContain(`${CHART} v1.2.0 is sha256:`);
    expect(message).toContain(`installed is ${String(installed)}`);
    expect(await rig.client.find(resources.configMaps, { name: 'more', namespace })).toBeUndefined();
    // Also when the release has to be installed anew, it is the chart that was resolved.
    await rig.helm.uninstall(ref);
    await syncClock.advance(INTERVAL_MS);
    await watchUntil(rig.client, resources.configMaps, { namespace, signal: AbortSignal.timeout(15_000) }, (store) =>
      store.has(`${namespace}/sample`) ? true : undefined,
    );
    await rig.until('sample', (o) => isReady(o) && fieldAt(o, 'status', 'charts', 0, 'revision') === 1);
    expect(await rig.client.find(resources.configMaps, { name: 'more', namespace })).toBeUndefined();
    await rig.change('sample', { timeout: 61 });
    const object = await rig.until('sample', isReady);
    expect(conditionOf(object, 'TagMoved')?.status).toBe('False');
    expect(fieldAt(object, 'status', 'charts', 0, 'digest')).not.toBe(installed);
    expect(await rig.client.find(resources.configMaps, { name: 'more', namespace })).toBeDefined();
  });

  it('installs again what somebody has upgraded by hand', async () => {
    const revision = Number(fieldAt(await rig.until('sample', isReady), 'status', 'charts', 0, 'revision'));
    await rig.helm.rollback(ref, revision - 1);
    await syncClock.advance(INTERVAL_MS);
    await rig.until('sample', (o) => isReady(o) && fieldAt(o, 'status', 'charts', 0, 'revision') === revision + 2);
    expect(rig.log.join('\n')).toContain(
      `was changed by somebody else, from revision ${String(revision)} to ${String(revision + 1)}; installing it again`,
    );
  });
});
