import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { HttpKubeClient, resources, type KubeObject, type WatchEvent } from '../../kube/index.ts';
import { MemoryStore } from '../etcd/index.ts';
import { startApiServer, type ApiServer } from './index.ts';

let store: MemoryStore;
let server: ApiServer;
let client: HttpKubeClient;
const clock = new ManualClock();

beforeAll(async () => {
  store = new MemoryStore();
  server = await startApiServer({
    store,
    clock,
    // The first version since 1.32 whose watches take sendInitialEvents.
    version: 'v1.34.1',
    tokens: { 'a-token': { username: 'mia', groups: ['dev'] } },
    validators: {
      'gadgets.example.com': {
        name: 'validation.gadgets.example.com',
        validate: (operation, object) =>
          operation === 'DELETE' && object.metadata.labels?.['keep'] === 'true' ? 'gadget is in use' : undefined,
      },
    },
  });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  await client.create(resources.customResourceDefinitions, gadgets);
  for (;;) {
    const crd = await client.get(resources.customResourceDefinitions, { name: 'gadgets.example.com' });
    if (JSON.stringify(crd['status'] ?? {}).includes('"Established","status":"True"')) break;
  }
});
afterAll(async () => {
  await client.close();
  await server.close();
  await store.close();
});

const gadgets: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gd'] },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
      },
      additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              required: ['size'],
              properties: { size: { type: 'integer', minimum: 1 }, replicas: { type: 'integer', default: 3 } },
            },
            status: { type: 'object', properties: { replicas: { type: 'integer' } } },
          },
        },
      },
    })),
  },
};
const gadget = { group: 'example.com', version: 'v1', kind: 'Gadget', plural: 'gadgets', namespaced: true };

function newGadget(name: string, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Gadget',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { size: 2 },
  };
}

const at = (name: string): { name: string; namespace: string } => ({ name, namespace: 'default' });

async function statusOf(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    return (error as { status: Record<string, unknown> }).status;
  }
  throw new Error('the request was not refused');
}

describe('custom resources', () => {
  it('get defaults, lose what their schema does not know, and count generations of their spec alone', async () => {
    const created = await client.create(gadget, { ...newGadget('a'), spec: { size: 2, unknown: true }, status: {} });
    expect(created).toMatchObject({ metadata: { generation: 1 }, spec: { size: 2, replicas: 3 } });
    expect(created['spec']).not.toHaveProperty('unknown');
    expect(created).not.toHaveProperty('status');
    const status = {
      type: 'merge',
      body: { status: { replicas: 1 }, spec: { size: 9 } },
      subresource: 'status',
    } as const;
    const reported = await client.patch(gadget, at('a'), status);
    expect(reported).toMatchObject({ metadata: { generation: 1 }, spec: { size: 2 }, status: { replicas: 1 } });
    const changed = await client.patch(gadget, at('a'), { type: 'merge', body: { spec: { size: 3 }, status: null } });
    expect(changed).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 1 } });
  });

  it('are refused with the causes of the real server', async () => {
    const status = await statusOf(client.create(gadget, { ...newGadget('b'), spec: { size: 0 } }));
    expect(status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message:
        'Gadget.example.com "b" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
      details: { group: 'example.com', kind: 'Gadget', causes: [{ field: 'spec.size', reason: 'FieldValueInvalid' }] },
    });
  });

  it('are refused for labels that are none', async () => {
    const status = await statusOf(client.create(gadget, newGadget('labelled', { labels: { 'a b': 'c', d: '-' } })));
    expect(status).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.labels' }, {}] } });
  });

  it('are stored once and served in every version', async () => {
    await client.create(gadget, newGadget('versions'));
    const beta = await client.get({ ...gadget, version: 'v1beta1' }, at('versions'));
    expect(beta.apiVersion).toBe('example.com/v1beta1');
    const { kvs } = await store.range({ key: Buffer.from('/registry/example.com/gadgets/default/versions') });
    expect(JSON.parse(Buffer.from(kvs[0]?.value ?? []).toString())).toMatchObject({ apiVersion: 'example.com/v1' });
  });

  it('scale through the paths of their definition', async () => {
    await client.create(gadget, newGadget('scaled'));
    const path = '/apis/example.com/v1/namespaces/default/gadgets/scaled/scale';
    expect(await client.request('GET', path)).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    await client.request('PUT', path, { body: { spec: { replicas: 5 } } });
    expect(await client.get(gadget, at('scaled'))).toMatchObject({
      spec: { replicas: 5 },
      metadata: { generation: 2 },
    });
  });

  it('need a resourceVersion in a PUT; built-in kinds do not', async () => {
    await client.create(gadget, newGadget('put'));
    expect(await statusOf(client.replace(gadget, newGadget('put')))).toMatchObject({
      message:
        'gadgets.example.com "put" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    });
    const map: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: at('put'), data: { a: '1' } };
    await client.create(resources.configMaps, map);
    expect(await client.replace(resources.configMaps, { ...map, data: { a: '2' } })).toMatchObject({
      data: { a: '2' },
    });
  });

  it('may be refused by a webhook, in its own words', async () => {
    await client.create(gadget, newGadget('kept', { labels: { keep: 'true' } }));
    expect(await statusOf(client.delete(gadget, at('kept')))).toMatchObject({
      code: 403,
      message: 'admission webhook "validation.gadgets.example.com" denied the request: gadget is in use',
    });
  });
});

describe('deletion', () => {
  it('waits for finalizers, takes no new ones, and ends with the last', async () => {
    await client.create(gadget, newGadget('held', { finalizers: ['example.com/hold'] }));
    await client.delete(gadget, at('held'));
    const held = await client.get(gadget, at('held'));
    expect(held.metadata.deletionTimestamp).toBeDefined();
    const more = {
      type: 'merge',
      body: { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
    } as const;
    expect(await statusOf(client.patch(gadget, at('held'), more))).toMatchObject({
      message: expect.stringContaining('no new finalizers can be added if the object is being deleted') as string,
    });
    await client.patch(gadget, at('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
    expect(await client.find(gadget, at('held'))).toBeUndefined();
  });

  it('marks for the garbage collector what dependents are to wait for', async () => {
    await client.create(gadget, newGadget('owner'));
    await client.delete(gadget, at('owner'), { propagation: 'Foreground' });
    expect((await client.get(gadget, at('owner'))).metadata.finalizers).toEqual(['foregroundDeletion']);
  });

  it('is refused when it is meant for another object of the same name', async () => {
    await client.create(gadget, newGadget('same'));
    expect(await statusOf(client.delete(gadget, at('same'), { uid: 'another' }))).toMatchObject({
      code: 409,
      message: expect.stringContaining(
        'the UID in the precondition (another) does not match the UID in record (',
      ) as string,
    });
  });

  it('spares the namespaces without which a cluster does not work', async () => {
    expect(await statusOf(client.delete(resources.namespaces, { name: 'kube-system' }))).toMatchObject({
      code: 403,
      message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    });
  });

  it('of a namespace keeps new objects out and waits for its finalizer', async () => {
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' } });
    await client.delete(resources.namespaces, { name: 'going' });
    expect(await client.get(resources.namespaces, { name: 'going' })).toMatchObject({
      status: { phase: 'Terminating' },
    });
    const late = client.create(gadget, newGadget('late', { namespace: 'going' }));
    expect(await statusOf(late)).toMatchObject({
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    await client.request('PUT', '/api/v1/namespaces/going/finalize', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going' }, spec: { finalizers: [] } },
    });
    expect(await client.find(resources.namespaces, { name: 'going' })).toBeUndefined();
  });
});

describe('lists and watches', () => {
  async function collect(count: number, options: Parameters<HttpKubeClient['watch']>[1]): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const event of client.watch(resources.configMaps, options)) {
      events.push(event);
      if (events.length === count) break;
    }
    return events;
  }
  const map = (name: string, labels: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-public', labels },
  });
  const ref = (name: string): { name: string; namespace: string } => ({ name, namespace: 'kube-public' });

  it('page at one snapshot', async () => {
    for (const name of ['p1', 'p2', 'p3']) await client.create(resources.configMaps, map(name, { paged: 'yes' }));
    const base = '/api/v1/namespaces/kube-public/configmaps?limit=2';
    const first = (await client.request('GET', base)) as ListAnswer;
    expect(first.metadata).toMatchObject({ remainingItemCount: 1 });
    await client.delete(resources.configMaps, ref('p3'));
    const rest = (await client.request('GET', `${base}&continue=${first.metadata.continue ?? ''}`)) as ListAnswer;
    expect([...first.items, ...rest.items].map((i) => i.metadata.name)).toEqual(['p1', 'p2', 'p3']);
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('answer 410 for a page whose snapshot is compacted, with a token to go on without it', async () => {
    const base = '/api/v1/configmaps?limit=1';
    const first = (await client.request('GET', base)) as ListAnswer;
    await client.create(resources.configMaps, map('compaction', {}));
    await store.compact(await revision());
    const status = await statusOf(client.request('GET', `${base}&continue=${first.metadata.continue ?? ''}`));
    expect(status).toMatchObject({ code: 410, reason: 'Expired' });
    const token = (status['metadata'] as { continue: string }).continue;
    expect(((await client.request('GET', `${base}&continue=${token}`)) as ListAnswer).items).toHaveLength(1);
  });

  it('show what begins and ceases to match a selector as ADDED and DELETED', async () => {
    const { resourceVersion } = await client.list(resources.configMaps);
    await client.create(resources.configMaps, map('s', { on: 'no' }));
    for (const on of ['yes', 'still', 'no'])
      await client.patch(resources.configMaps, ref('s'), {
        type: 'merge',
        body: { metadata: { labels: { on } }, data: { on } },
      });
    const events = await collect(3, { labelSelector: 'on in (yes,still)', resourceVersion });
    expect(events.map((e) => [e.type, e.object.metadata.labels?.['on']])).toEqual([
      ['ADDED', 'yes'],
      ['MODIFIED', 'still'],
      ['DELETED', 'still'],
    ]);
  });

  it('show writes that went straight into etcd', async () => {
    const { resourceVersion } = await client.list(resources.configMaps);
    await store.put({
      key: Buffer.from('/registry/configmaps/kube-public/direct'),
      value: Buffer.from(JSON.stringify(map('direct', {}))),
    });
    const [event] = await collect(1, { resourceVersion });
    expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'direct' } } });
    expect(await client.find(resources.configMaps, ref('direct'))).toBeDefined();
  });

  it('begin with the present state and a bookmark that ends it, when asked so', async () => {
    const path =
      '/api/v1/namespaces?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1';
    const lines = String(await client.request('GET', path))
      .trim()
      .split('\n');
    const events = lines.map((line) => JSON.parse(line) as WatchEvent);
    const last = events.at(-1);
    expect(last?.type).toBe('BOOKMARK');
    expect(last?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect(events.slice(0, -1).map((e) => e.type)).toContain('ADDED');
  });

  it('end with an ERROR of 410 when they start before what the server remembers', async () => {
    const watching = collect(1, { resourceVersion: '1' });
    expect(await statusOf(watching)).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('refuse fields that cannot be selected', async () => {
    const status = await statusOf(client.list(resources.pods, { fieldSelector: 'spec.foo=bar' }));
    expect(status).toMatchObject({ code: 400, message: 'field label not supported: spec.foo' });
  });

  interface ListAnswer {
    items: KubeObject[];
    metadata: { resourceVersion: string; continue?: string };
  }
  const revision = async (): Promise<number> => (await store.range({ key: Buffer.from('x') })).revision;
});

describe('users', () => {
  const as = async (token: string, path: string): Promise<unknown> => {
    const own = new HttpKubeClient({ server: server.url, caPem: server.caPem, insecureSkipTlsVerify: false, token });
    try {
      return await own.request('GET', path);
    } finally {
      await own.close();
    }
  };

  it('are asked who they are, and may do what roles say', async () => {
    expect(await statusOf(as('wrong', '/api/v1/nodes'))).toMatchObject({ code: 401, reason: 'Unauthorized' });
    expect(await statusOf(as('a-token', '/api/v1/nodes'))).toMatchObject({
      code: 403,
      message: 'nodes is forbidden: User "mia" cannot list resource "nodes" in API group "" at the cluster scope',
    });
    await client.create(resources.clusterRoleBindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'dev-admin' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'Group', name: 'dev', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    expect(await as('a-token', '/api/v1/nodes')).toMatchObject({ kind: 'NodeList' });
  });

  it('that are service accounts come with tokens that end with time or with the account', async () => {
    const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: at('robot') };
    await client.create(resources.serviceAccounts, account);
    await client.create(resources.roleBindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: at('robot-view'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
    });
    const issue = async (): Promise<string> => {
      const path = '/api/v1/namespaces/default/serviceaccounts/robot/token';
      const answer = await client.request('POST', path, { body: { spec: { expirationSeconds: 600 } } });
      return (answer as { status: { token: string } }).status.token;
    };
    const pods = '/api/v1/namespaces/default/pods';
    const token = await issue();
    expect(await as(token, pods)).toMatchObject({ kind: 'PodList' });
    expect(await statusOf(as(token, '/api/v1/namespaces/default/secrets'))).toMatchObject({ code: 403 });
    await clock.advance(601_000);
    expect(await statusOf(as(token, pods))).toMatchObject({ code: 401 });
    const second = await issue();
    await client.delete(resources.serviceAccounts, at('robot'));
    expect(await statusOf(as(second, pods))).toMatchObject({ code: 401 });
  });
});

describe('a server that starts on a store with objects', () => {
  it('serves them, definitions and all', async () => {
    await client.create(gadget, newGadget('survivor'));
    const second = await startApiServer({ store, certificates: server.certificates });
    const other = await HttpKubeClient.fromText(await second.adminKubeconfig());
    try {
      expect(await other.get(gadget, at('survivor'))).toMatchObject({ spec: { size: 2 } });
    } finally {
      await other.close();
      await second.close();
    }
  });
});
