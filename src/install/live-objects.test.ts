import { afterAll, beforeAll, expect, it } from 'vitest';
import { HttpKubeClient, type KubeObject } from '../kube/index.ts';
import { startApiServer, type ApiServer } from '../lab/apiserver/index.ts';
import { MemoryStore } from '../lab/etcd/index.ts';
import { applyObject, compareLive } from './live-objects.ts';

let server: ApiServer;
let client: HttpKubeClient;
let other: HttpKubeClient;
beforeAll(async () => {
  server = await startApiServer({ store: new MemoryStore() });
  const kubeconfig = await server.adminKubeconfig();
  client = await HttpKubeClient.fromText(kubeconfig);
  other = await HttpKubeClient.fromText(kubeconfig, { fieldManager: 'kubectl-edit' });
});
afterAll(async () => {
  await Promise.all([client.close(), other.close()]);
  await server.close();
});

const wanted: KubeObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'edited', annotations: { cidr: '100.64.0.0/16' } },
};

it('does not take over what somebody else changed, and names the field and who owns it', async () => {
  await applyObject(client, wanted);
  expect((await compareLive(client, wanted)).state).toBe('same');
  const resource = await other.resolve('v1', 'Namespace');
  const body = { metadata: { annotations: { cidr: '100.65.0.0/16' } } };
  await other.patch(resource, { name: 'edited' }, { type: 'merge', body });
  expect((await compareLive(client, wanted)).state).toBe('different');
  await expect(applyObject(client, wanted)).rejects.toMatchObject({
    code: 'APPLY_CONFLICT',
    details: { found: expect.stringMatching(/"kubectl-edit".*\.metadata\.annotations\.cidr/) as string },
  });
  expect((await other.get(resource, { name: 'edited' })).metadata.annotations).toEqual({ cidr: '100.65.0.0/16' });
});
