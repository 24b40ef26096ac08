import { request } from 'node:https';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HttpKubeClient, type KubeObject } from '../../../kube/index.ts';
import { startApiServer, type ApiServer, type Validator } from '../../apiserver/index.ts';
import { MemoryStore } from '../../etcd/index.ts';
import { startAdmissionWebhooks, type AdmissionWebhooks } from './admission-webhooks.ts';

const widgets: Validator = {
  name: 'validation.widget.example.com',
  mutate: (object) => {
    object['spec'] = { size: 1, ...(object['spec'] as object | undefined) };
  },
  validate: (operation, object, old) => {
    const { size } = object['spec'] as { size: number };
    if (operation === 'DELETE') return `size ${String(size)} stays`;
    if (size > 3) return [{ reason: 'FieldValueInvalid', field: 'spec.size', message: 'Invalid value: too large' }];
    return old && (old['spec'] as { size: number }).size > size ? 'must not shrink' : undefined;
  },
};

const store = new MemoryStore();
let api: ApiServer;
let webhooks: AdmissionWebhooks;
let base: string;
let configurations: Record<string, KubeObject>;

beforeAll(async () => {
  api = await startApiServer({ store });
  webhooks = await startAdmissionWebhooks({
    validators: { 'widgets.example.com': widgets },
    authority: api.certificates.authority,
    log: () => undefined,
  });
  const client = await HttpKubeClient.fromText(await api.adminKubeconfig());
  try {
    await webhooks.register(client);
    // A second cluster start finds them there.
    await webhooks.register(client);
    configurations = Object.fromEntries(
      await Promise.all(
        ['mutating', 'validating'].map(async (kind) => [
          kind,
          await client.request(
            'GET',
            `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/globalctl-lab`,
          ),
        ]),
      ),
    ) as Record<string, KubeObject>;
  } finally {
    await client.close();
  }
  const [first] = configurations['validating']?.['webhooks'] as { clientConfig: { url: string } }[];
  base = new URL(first?.clientConfig.url ?? '').origin;
});

afterAll(async () => {
  await webhooks?.close();
  await api?.close();
  await store.close();
});

function widget(size?: number): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'one' },
    ...(size !== undefined && { spec: { size } }),
  };
}

/** Sends a review as an API server does, and returns the response in it. */
async function review(path: string, content: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u-1', ...content },
  });
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(
      `${base}${path}?timeout=10s`,
      { method: 'POST', ca: api.caPem, agent: false, headers: { 'content-type': 'application/json' } },
      (answer) => {
        let received = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
        answer.once('end', () => resolve(received));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
  const parsed = JSON.parse(text) as { kind: string; response: Record<string, unknown> };
  expect(parsed.kind).toBe('AdmissionReview');
  expect(parsed.response['uid']).toBe('u-1');
  return parsed.response;
}

it('registers one webhook a resource, the defaulting one only where there is one', () => {
  expect(configurations['validating']?.['webhooks']).toMatchObject([
    {
      name: 'validation.widget.example.com',
      clientConfig: { url: expect.stringMatching(/\/validate\/widgets\.example\.com$/) as string },
      rules: [{ apiGroups: ['example.com'], resources: ['widgets'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
      failurePolicy: 'Fail',
    },
  ]);
  expect(configurations['mutating']?.['webhooks']).toMatchObject([
    { name: 'default.widget.example.com', rules: [{ operations: ['CREATE', 'UPDATE'] }] },
  ]);
});

it('lets pass what the rules allow', async () => {
  const answer = await review('/validate/widgets.example.com', { operation: 'CREATE', object: widget(2) });
  expect(answer['allowed']).toBe(true);
});

it('denies with a text as Forbidden', async () => {
  const answer = await review('/validate/widgets.example.com', {
    operation: 'UPDATE',
    object: widget(1),
    oldObject: widget(2),
  });
  expect(answer).toMatchObject({
    allowed: false,
    status: { code: 403, reason: 'Forbidden', message: 'must not shrink' },
  });
});

it('denies with causes as Invalid, naming the object', async () => {
  const answer = await review('/validate/widgets.example.com', { operation: 'CREATE', object: widget(9) });
  expect(answer).toMatchObject({
    allowed: false,
    status: {
      code: 422,
      reason: 'Invalid',
      message: 'Widget.example.com "one" is invalid: spec.size: Invalid value: too large',
      details: { name: 'one', group: 'example.com', kind: 'Widget', causes: [{ field: 'spec.size' }] },
    },
  });
});

it('judges a deletion by the object that is there', async () => {
  const answer = await review('/validate/widgets.example.com', {
    operation: 'DELETE',
    object: null,
    oldObject: widget(2),
  });
  expect(answer).toMatchObject({ allowed: false, status: { message: 'size 2 stays' } });
});

it('answers defaults as a JSON patch, and nothing where nothing is lacking', async () => {
  const answer = await review('/mutate/widgets.example.com', { operation: 'CREATE', object: widget() });
  expect(answer).toMatchObject({ allowed: true, patchType: 'JSONPatch' });
  expect(JSON.parse(Buffer.from(String(answer['patch']), 'base64').toString('utf8'))).toEqual([
    { op: 'add', path: '/spec', value: { size: 1 } },
  ]);
  const nothing = await review('/mutate/widgets.example.com', { operation: 'CREATE', object: widget(2) });
  expect(nothing).toEqual({ uid: 'u-1', allowed: true });
});
