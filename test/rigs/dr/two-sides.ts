import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStream, Redactor, systemClock, type StampedEvent } from '../../../src/base/index.ts';
import { examplePair } from '../../../src/dr/example-pair.fixture.ts';
import { platformDomain, vipOf, type Pair, type PairRun, type SideName } from '../../../src/dr/index.ts';
import { coreCrds, dcsCrds, kubeadmCrds } from '../../../src/kube/crds/index.ts';
import {
  apiVersionOf,
  follow,
  HttpKubeClient,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../src/kube/index.ts';
import { startApiServer, type ApiServer } from '../../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../../src/lab/etcd/index.ts';
import { listenOnLoopback } from '../../../src/lab/network/index.ts';
import { moduleCrds } from '../../../src/platform/crds/index.ts';

const namespace = PLATFORM_NAMESPACE;

/** What the monitor of the synchronizer answers to GET /check. */
export type CheckAnswer = { readonly status: number; readonly body: Record<string, unknown> };

export const consistent: CheckAnswer = {
  status: 200,
  body: {
    time: '2026-01-01T00:00:00.000Z',
    consistent: true,
    counts: { missed: 0, surplus: 0, unlike: 0 },
    ...{ missed: [], surplus: [], unlike: [], askedRevision: 7, sourceRevision: 7, keys: 3 },
    secrets: { state: 'proven' },
  },
};

/** One `global` cluster: an API server with the objects that a switch looks at, and what is installed there by ModuleInfo. */
class RigSide implements AsyncDisposable {
  readonly server: ApiServer;
  readonly client: KubeClient;
  /** While it is false nothing answers under the addresses of the side. */
  up = true;
  #monitor: Server | undefined;
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  private constructor(server: ApiServer, client: KubeClient) {
    this.server = server;
    this.client = client;
  }

  static async start(side: SideName): Promise<RigSide> {
    const user = { username: 'k8sadmin', groups: ['system:masters', 'system:authenticated'] };
    const server = await startApiServer({ store: new MemoryStore(), tokens: { [`token-of-${side}`]: user } });
    const client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    for (const crd of [...coreCrds, ...kubeadmCrds, ...dcsCrds, ...moduleCrds])
      await client.create(resources.customResourceDefinitions, crd);
    const rig = new RigSide(server, client);
    await rig.make(resources.secrets, 'k8sadmin', {
      data: { token: Buffer.from(`token-of-${side}`).toString('base64') },
    });
    await rig.make(resources.clusters, 'global', { spec: {} });
    await rig.make(resources.clusters, 'shop', { spec: {} });
    await rig.machine(`global-kcp-${side}`, 'global');
    return rig;
  }

  async make(resource: Resource, name: string, more: Record<string, unknown>): Promise<KubeObject> {
    const { status, ...rest } = more;
    const metadata = { name, ...(resource.namespaced && { namespace }) };
    const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...rest };
    const created = await this.client.create<KubeObject>(resource, object);
    if (status === undefined) return created;
    const body = { metadata: {}, status };
    return await this.client.patch(resource, { name, namespace }, { type: 'merge', body, subresource: 'status' });
  }

  async machine(name: string, cluster: string, phase = 'Running'): Promise<void> {
    const template = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1', kind: 'DCSMachine', name };
    await this.make(resources.machines, name, {
      spec: {
        clusterName: cluster,
        bootstrap: { dataSecretName: name },
        infrastructureRef: template,
        providerID: `dcs://${name}`,
      },
      status: { phase },
    });
  }

  /** Stands for module controller, chart and synchronizer: what a ModuleInfo brings, and what goes with it. */
  followModules(answer: () => Promise<CheckAnswer>): void {
    this.#following = this.#follow(answer).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  async #follow(answer: () => Promise<CheckAnswer>): Promise<void> {
    const store = new Map<string, KubeObject>();
    let installed = false;
    for await (const event of follow(this.client, resources.moduleInfoes, { signal: this.#stop.signal }, store)) {
      if (event.type !== 'synced' && installed === store.size > 0) continue;
      if (store.size > 0 && !installed) await this.#install(answer);
      if (store.size === 0 && installed) await this.#remove();
      installed = store.size > 0;
    }
  }

  async #install(answer: () => Promise<CheckAnswer>): Promise<void> {
    const monitor = createServer((request, response) => {
      const send = async (): Promise<void> => {
        if (request.url === '/metrics') return void response.end('etcd_sync_following 1\netcd_sync_lag_revisions 0\n');
        const { status, body } = await answer();
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      void send();
    });
    this.#monitor = monitor;
    const port = await listenOnLoopback(monitor);
    await this.make(resources.configMaps, 'etcd-sync-gate', {
      data: { role: 'standby', since: '2026-01-01T00:00:00Z' },
    });
    const labels = { app: 'etcd-sync' };
    const containers = [{ name: 'etcd-sync', image: 'etcd-sync:v1' }];
    await this.client.create<KubeObject>(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'etcd-sync-1', namespace, labels },
      spec: { containers },
    });
    const status = { phase: 'Running', podIP: '127.0.0.1' };
    const pod = { name: 'etcd-sync-1', namespace };
    await this.client.patch(resources.pods, pod, { type: 'merge', body: { status }, subresource: 'status' });
    await this.make(resources.services, 'etcd-sync-monitor', {
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: port }] },
    });
    await this.make(resources.deployments, 'etcd-sync', {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
      status: { conditions: [{ type: 'Available', status: 'True' }] },
    });
  }

  async #remove(): Promise<void> {
    this.#monitor?.close();
    for (const [resource, name] of [
      [resources.services, 'etcd-sync-monitor'],
      [resources.deployments, 'etcd-sync'],
      [resources.pods, 'etcd-sync-1'],
    ] as const)
      await this.client.delete(resource, { name, namespace }, { gracePeriodSeconds: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
    this.#monitor?.closeAllConnections();
    this.#monitor?.close();
    await this.client.close();
    await this.server.close();
  }
}

/**
 * Two `global` clusters of an example pair behind one proxy, which knows VIPs and the platform domain, as a site's network does. A
 * synchronizer is as real as a switch sees it: what a ModuleInfo installs, a gate, and a monitor whose answer the test gives. With
 * each answer it carries `spec.paused` and annotations of Cluster `shop` from the active side to its own.
 */
export class TwoSides implements AsyncDisposable {
  readonly pair: Pair;
  readonly sides: Readonly<Record<SideName, RigSide>>;
  readonly folder: string;
  readonly events: StampedEvent[] = [];
  /** What GET /check answers; `consistent` at first. */
  answer: CheckAnswer = consistent;
  readonly #proxy: Server;

  private constructor(parts: { pair: Pair; sides: Record<SideName, RigSide>; folder: string; proxy: Server }) {
    this.pair = parts.pair;
    this.sides = parts.sides;
    this.folder = parts.folder;
    this.#proxy = parts.proxy;
  }

  static async start(): Promise<TwoSides> {
    const pair = examplePair('dcs');
    const sides = { primary: await RigSide.start('primary'), standby: await RigSide.start('standby') };
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-two-sides-'));
    await writeFile(join(folder, 'domain'), vipOf(pair, 'primary'));
    const sideAt = (host: string): RigSide | undefined => {
      for (const side of ['primary', 'standby'] as const) if (host === vipOf(pair, side)) return sides[side];
      return undefined;
    };
    const proxy = createServer();
    proxy.on('connect', (request, client: Duplex) => {
      const open = async (): Promise<void> => {
        const [host = '', port = ''] = (request.url ?? '').split(':');
        const address = host === platformDomain(pair) ? (await readFile(join(folder, 'domain'), 'utf8')).trim() : host;
        const side = sideAt(address);
        if (side && !side.up) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
        const outer = connect(side ? side.server.port : Number(port), '127.0.0.1');
        outer.once('connect', () => {
          client.write('HTTP/1.1 200 OK\r\n\r\n');
          outer.pipe(client).pipe(outer);
        });
        outer.on('error', () => client.destroy());
        client.on('error', () => outer.destroy());
      };
      void open();
    });
    const proxyUrl = `http://127.0.0.1:${String(await listenOnLoopback(proxy))}`;
    const rig = new TwoSides({ pair, sides, folder, proxy });
    for (const side of ['primary', 'standby'] as const) {
      // Nothing but the VIP leads to a side, so that one can be lost.
      const server = `https://${vipOf(pair, side)}:6443`;
      const text = await sides[side].server.adminKubeconfig({ server, proxyUrl });
      await writeFile(
        join(folder, `${side}.kubeconfig`),
        text.replace(/^( +)proxy-url:/m, '$1tls-server-name: localhost\n$1proxy-url:'),
      );
      sides[side].followModules(() => rig.#check(side));
    }
    return rig;
  }

  async #check(at: SideName): Promise<CheckAnswer> {
    const from = this.sides[at === 'primary' ? 'standby' : 'primary'];
    if (!from.up)
      return {
        status: 503,
        body: { message: 'the active side does not answer', synced: { revision: 6, time: '2026-01-01T00:00:00Z' } },
      };
    const shop = { name: 'shop', namespace };
    const { metadata, spec } = await from.client.get(resources.clusters, shop);
    const body = { metadata: { annotations: metadata.annotations ?? null }, spec };
    await this.sides[at].client.patch(resources.clusters, shop, { type: 'merge', body });
    return this.answer;
  }

  /** A run over the pair, with a hook that leads the domain. */
  run(change: Partial<PairRun> = {}): PairRun {
    const events = new EventStream();
    events.subscribe((event) => this.events.push(event));
    const script = `require('fs').writeFileSync(${JSON.stringify(join(this.folder, 'domain'))}, process.argv[1])`;
    return {
      pair: this.pair,
      kubeconfigs: {
        primary: join(this.folder, 'primary.kubeconfig'),
        standby: join(this.folder, 'standby.kubeconfig'),
      },
      domain: { hook: [process.execPath, '-e', script, '{ip}'] },
      stateFolder: join(this.folder, 'state'),
      clock: systemClock,
      events,
      redactor: new Redactor(),
      signal: AbortSignal.timeout(60_000),
      version: 'test',
      runId: 'run',
      ...change,
    };
  }

  /** Where the platform domain leads now. */
  async domain(): Promise<string> {
    return await readFile(join(this.folder, 'domain'), 'utf8');
  }

  async shop(side: SideName): Promise<KubeObject> {
    return await this.sides[side].client.get(resources.clusters, { name: 'shop', namespace });
  }

  async has(side: SideName, resource: Resource, name: string): Promise<boolean> {
    const ref = { name, ...(resource.namespaced && { namespace }) };
    return (await this.sides[side].client.find(resource, ref)) !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sides.primary[Symbol.asyncDispose]();
    await this.sides.standby[Symbol.asyncDispose]();
    this.#proxy.closeAllConnections();
    this.#proxy.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
