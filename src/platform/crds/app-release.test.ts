import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HttpKubeClient, resources, watchUntil, conditionOf, type KubeObject } from '../../kube/index.ts';
import { startApiServer, type ApiServer } from '../../lab/apiserver/index.ts';
import { MemoryStore } from '../../lab/etcd/index.ts';
import { appReleaseCrd } from './app-release.ts';

let server: ApiServer;
let client: HttpKubeClient;
beforeAll(async () => {
  server = await startApiServer({ store: new MemoryStore() });
  client = await HttpKubeClient.fromText(await server.adminKubeconfig());
  await client.create(resources.customResourceDefinitions, appReleaseCrd);
  const signal = AbortSignal.timeout(10_000);
  await watchUntil(client, resources.customResourceDefinitions, { signal }, (store) =>
    [...store.values()].some((crd) => conditionOf(crd, 'Established')?.status === 'True') ? true : undefined,
  );
});
afterAll(async () => {
  await client.close();
  await server.close();
});

/** Guide step 3, field by field, with made-up addresses. */
const GUIDE = `
apiVersion: operator.alauda.io/v1alpha1
kind: AppRelease
metadata:
  name: cluster-api-provider-dcs
  namespace: default
  annotations: { auto-recycle: "true", interval-sync: "true" }
spec:
  destination: { cluster: "", namespace: "" }
  source:
    chartPullSecret: global-registry-auth
    charts:
      - { name: ait/chart-cluster-api-provider-dcs, releaseName: cluster-api-provider-dcs, targetRevision: v1.0.18 }
    repoURL: 172.18.0.1:11443
  timeout: 120
  values:
    global:
      albName: global-alb2
      auth: { default_admin: admin@cpaas.io }
      cluster: { isGlobal: true, name: global, networkType: kube-ovn, type: Baremetal }
      host: platform.example.com
      ingress: { ingressClassName: global-alb2 }
      labelBaseDomain: cpaas.io
      namespace: cpaas-system
      platformUrl: https://platform.example.com
      protectSecretFiles: { enabled: false }
      region: global
      registry: { address: 172.18.0.1:11443, imagePullSecrets: [global-registry-auth] }
      replicas: 1
      scheme: https
`;

/** Creates by dry run with `fieldValidation=Strict`, which refuses unknown fields. */
function create(object: unknown): Promise<unknown> {
  const path = '/apis/operator.alauda.io/v1alpha1/namespaces/default/appreleases?dryRun=All&fieldValidation=Strict';
  return client.request('POST', path, { body: object });
}

describe('The definition of AppRelease', () => {
  it("accepts the guide's AppRelease as it is, and gives it back unchanged", async () => {
    const object = parse(GUIDE) as KubeObject;
    expect(await create(object)).toMatchObject(object);
  });

  it('knows the fields that go beyond the guide, and no others', async () => {
    const object = parse(GUIDE) as KubeObject & { spec: Record<string, unknown> };
    const ignoreDifferences = [{ kind: 'Deployment', jsonPointers: ['/spec/replicas'] }];
    const more = { ...object.spec, dependsOn: ['cpaas-system/other'], ignoreDifferences };
    expect(await create({ ...object, spec: more })).toMatchObject({ spec: more });
    await expect(create({ ...object, spec: { ...object.spec, dependOn: ['x'] } })).rejects.toThrow('spec.dependOn');
    await expect(create({ ...object, spec: { ...more, ignoreDifferences: [{ kind: 'Pod' }] } })).rejects.toThrow(
      'jsonPointers',
    );
  });
});
