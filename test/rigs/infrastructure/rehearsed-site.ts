import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDeadline, systemClock } from '../../../src/base/index.ts';
import {
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../src/kube/index.ts';
import { renderSite } from '../../../src/manifests/index.ts';
import { createImage, pushArtifact, RegistryClient } from '../../../src/pack/index.ts';
import { siteParts } from '../../../src/providers/index.ts';
import { loadSite } from '../../../src/site/index.ts';
import { capiPrograms, capiValidators, type Secret } from '../../../src/lab/capi/index.ts';
import { coreCrds, dcsCrds, hcsCrds, kubeadmCrds, vsphereCrds } from '../../../src/kube/crds/index.ts';
import { DataCentre } from '../../../src/lab/datacentre/index.ts';
import { infrastructurePrograms, infrastructureValidators } from '../../../src/lab/infrastructure/index.ts';

export type ProviderName = 'dcs' | 'vsphere' | 'hcs';

const providerCrds = { dcs: dcsCrds, vsphere: vsphereCrds, hcs: hcsCrds };

/** A data centre with minialauda and a provider installed, and the manifest of an example site, ready to be applied. */
export interface RehearsedSite extends AsyncDisposable {
  readonly dataCentre: DataCentre;
  /** The management cluster. */
  readonly client: KubeClient;
  readonly manifest: KubeObject[];
  applyManifest(): Promise<void>;
  /** Waits until `done` answers something for the objects of a collection; fails after `timeoutMs` of real time. */
  until<R>(resource: Resource, done: (objects: KubeObject[]) => R | undefined, timeoutMs?: number): Promise<R>;
  /** A client made from the Secret `<cluster>-kubeconfig`. */
  newCluster(name?: string): Promise<KubeClient>;
}

/** A provider's manager as its chart would install it, with the account that the bootstrap objects bring. */
export function managerDeployment(name: string, image: string, args: readonly string[] = []): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: PLATFORM_NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { serviceAccountName: 'capi-manager', containers: [{ name: 'manager', image, args }] },
      },
    },
  };
}

async function pushImages(address: string, images: readonly { repository: string; tag: string }[]): Promise<void> {
  const registry = new RegistryClient({ address });
  for (const name of images)
    await pushArtifact(registry, await createImage({ name, files: [{ path: 'bin/x', content: 'x', mode: 0o755 }] }));
  await registry.close();
}

/** Waits until `done` answers something for the objects of a collection in the platform's namespace. */
export function watchObjects<R>(
  client: KubeClient,
  resource: Resource,
  done: (objects: KubeObject[]) => R | undefined,
  timeoutMs = 60_000,
): Promise<R> {
  return withDeadline({ clock: systemClock, timeoutMs, what: `waiting for ${resource.plural}` }, (signal) =>
    watchUntil(client, resource, { signal, namespace: PLATFORM_NAMESPACE }, (store) => done([...store.values()])),
  );
}

export async function rehearseSite(provider: ProviderName, speed = 600): Promise<RehearsedSite> {
  const folder = await mkdtemp(join(tmpdir(), 'globalctl-capi-'));
  const site = await loadSite(`examples/${provider}/site.yaml`, { parts: siteParts });
  const { manifest } = await renderSite(site, { secrets: 'stand-in' });
  const lines: string[] = [];
  const dataCentre = await DataCentre.start({
    folder,
    speed,
    seed: 'capi',
    hostIP: site.site.bootstrap.hostIP,
    programs: [...capiPrograms, ...infrastructurePrograms],
    validators: { ...capiValidators, ...infrastructureValidators },
    bootstrapCrds: [...coreCrds, ...kubeadmCrds, ...providerCrds[provider]],
    log: (line) => lines.push(line),
  });
  await dataCentre.bootstrap({ root: folder });
  const client = dataCentre.bootstrapHost.cluster?.adminClient as KubeClient;
  const registryPort = dataCentre.network.resolve('127.0.0.1', 11443)?.loopbackPort ?? 0;
  await pushImages(`127.0.0.1:${String(registryPort)}`, [
    { repository: 'acp/kube-ovn', tag: site.site.versions.kubeOvn },
    { repository: 'ait/cloud-provider-vsphere', tag: 'v1.33.1-alauda.1' },
  ]);
  for (const name of ['kubeadm', provider])
    await client.create(
      resources.deployments,
      managerDeployment(`cluster-api-provider-${name}-manager`, `ait/cluster-api-provider-${name}:v1`),
    );
  const until: RehearsedSite['until'] = (resource, done, timeoutMs) => watchObjects(client, resource, done, timeoutMs);
  const objects = structuredClone(manifest) as KubeObject[];
  return {
    dataCentre,
    client,
    manifest: objects,
    async applyManifest() {
      for (const object of objects)
        await client.apply(await client.resolve(object.apiVersion, object.kind), object, { fieldManager: 'test' });
    },
    until,
    async newCluster(name = 'global') {
      const ref = { name: `${name}-kubeconfig`, namespace: PLATFORM_NAMESPACE };
      const secret = await client.get<Secret>(resources.secrets, ref);
      const text = Buffer.from(secret.data?.['value'] ?? '', 'base64').toString('utf8');
      return await HttpKubeClient.fromText(text, { proxyUrl: dataCentre.proxyUrl });
    },
    async [Symbol.asyncDispose]() {
      await dataCentre.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
