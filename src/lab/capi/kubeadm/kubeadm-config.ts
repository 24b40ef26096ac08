import { isGlobalctlError } from '../../../base/index.ts';
import { isKubeReason, resources, type KubeObject, type ObjectKey, type ReconcileResult } from '../../../kube/index.ts';
import {
  beingDeleted,
  clusterKeys,
  controllerReference,
  isConditionTrue,
  isFalse,
  isPaused,
  isTrue,
  labels,
  ownerOf,
  ownerReference,
  RemoteClusters,
  saveChanges,
  setConditions,
  summary,
  type Cluster,
  type ConditionState,
  type ControllerEnvironment,
  type KubeadmConfig,
  type KubeadmConfigSpec,
  type Machine,
  type Reconciler,
  type Secret,
} from '../kit/index.ts';
import { ensureBootstrapToken } from './bootstrap-token.ts';
import { caCertHash, certificateFiles, ensureCertificates } from './certificates.ts';
import { initDocuments, joinDocument } from './kubeadm-documents.ts';
import { renderCloudConfig, renderIgnition, type UserData, type UserDataFile } from './user-data.ts';

/** The bootstrap controller: turns a KubeadmConfig into the data that a machine boots with. */
export class KubeadmConfigReconciler implements Reconciler {
  readonly name = 'kubeadmconfig';
  readonly resource = resources.kubeadmConfigs;
  readonly watches;
  readonly #environment: ControllerEnvironment;
  readonly #remotes: RemoteClusters;
  readonly #keysByCluster = new Map<string, Set<string>>();

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
    this.#remotes = new RemoteClusters(environment);
    const ofCluster = (clusterKey: string): string[] => [...(this.#keysByCluster.get(clusterKey) ?? [])];
    this.watches = [
      {
        resource: resources.clusters,
        mapToKeys: (o: KubeObject): string[] => ofCluster(`${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`),
      },
      { resource: resources.machines, mapToKeys: (o: KubeObject): string[] => clusterKeys(o).flatMap(ofCluster) },
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, clock, signal } = this.#environment;
    const before = await client.find<KubeadmConfig>(resources.kubeadmConfigs, key, signal);
    if (!before || beingDeleted(before)) return;
    const { namespace = '' } = before.metadata;
    for (const cluster of clusterKeys(before))
      this.#keysByCluster.set(cluster, (this.#keysByCluster.get(cluster) ?? new Set()).add(key.key));
    const owner = ownerOf(before, 'Machine');
    const machine = owner && (await client.find<Machine>(resources.machines, { name: owner.name, namespace }, signal));
    if (!machine) return;
    const cluster = await client.find<Cluster>(
      resources.clusters,
      { name: machine.spec.clusterName, namespace },
      signal,
    );
    if (!cluster || isPaused(cluster, before) || before.status?.ready === true) return;

    const config = structuredClone(before);
    const state = await this.#makeData(config, machine, cluster);
    setConditions(config, clock.now(), ...state.conditions);
    const ready = summary(config, ['DataSecretAvailable', 'CertificatesAvailable']);
    if (ready) setConditions(config, clock.now(), ready);
    config.status = { ...config.status, observedGeneration: config.metadata.generation ?? 1 };
    await saveChanges(client, resources.kubeadmConfigs, before, config);
    return state.requeueAfterMs === undefined ? undefined : { requeueAfterMs: state.requeueAfterMs };
  }

  async #makeData(
    config: KubeadmConfig,
    machine: Machine,
    cluster: Cluster,
  ): Promise<{ conditions: ConditionState[]; requeueAfterMs?: number }> {
    const waiting = (
      reason: string,
      message = '',
      requeueAfterMs = 0,
    ): { conditions: ConditionState[]; requeueAfterMs?: number } => ({
      conditions: [isFalse('DataSecretAvailable', reason, 'Info', message)],
      ...(requeueAfterMs > 0 && { requeueAfterMs }),
    });
    if (cluster.status?.infrastructureReady !== true) return waiting('WaitingForClusterInfrastructure');
    const controlPlane = labels.controlPlane in (machine.metadata.labels ?? {});
    const initialized = isConditionTrue(cluster, 'ControlPlaneInitialized');
    const spec = config.spec ?? {};
    const version = machine.spec.version ?? '';
    if (!initialized) {
      if (!controlPlane) return waiting('WaitingForControlPlaneAvailable');
      if (!(await this.#lockInit(cluster, machine)))
        return waiting('WaitingForControlPlaneAvailable', 'another machine initializes the control plane', 30_000);
    }
    const certificates = await ensureCertificates(
      this.#environment,
      cluster,
      this.#certificateOwner(config),
      !initialized,
    );
    const conditions: ConditionState[] = [isTrue('CertificatesAvailable')];
    const files = [...(controlPlane ? certificateFiles(certificates) : []), ...(await this.#files(config, spec))];
    let kubeadmConfiguration: string;
    if (!initialized) kubeadmConfiguration = initDocuments(cluster, version, spec);
    else {
      const { name = '', namespace = '' } = cluster.metadata;
      const remote = await this.#remotes.client(namespace, name);
      if (!remote) return waiting('WaitingForControlPlaneAvailable', `Secret ${name}-kubeconfig not found`, 10_000);
      let token: string;
      try {
        token = await ensureBootstrapToken(this.#environment, remote, machine.metadata.uid ?? '');
      } catch (error) {
        if (!isGlobalctlError(error, 'KUBE_UNREACHABLE')) throw error;
        return waiting('DataSecretGenerationFailed', error.message, 5000);
      }
      const endpoint = cluster.spec?.controlPlaneEndpoint;
      const discovery = {
        apiServerEndpoint: `${endpoint?.host ?? ''}:${String(endpoint?.port ?? 6443)}`,
        token,
        caCertHashes: [caCertHash(certificates.ca.certificatePem)],
      };
      kubeadmConfiguration = joinDocument(version, spec, discovery, controlPlane);
    }
    const data: UserData = {
      files,
      users: spec.users ?? [],
      preCommands: spec.preKubeadmCommands ?? [],
      kubeadm: initialized ? 'join' : 'init',
      kubeadmConfiguration,
      postCommands: spec.postKubeadmCommands ?? [],
    };
    await this.#writeSecret(config, machine, spec.format ?? 'cloud-config', data);
    config.status = { ...config.status, ready: true, dataSecretName: config.metadata.name ?? '' };
    return { conditions: [...conditions, isTrue('DataSecretAvailable')] };
  }

  #certificateOwner(config: KubeadmConfig): KubeObject {
    const owner = ownerOf(config, 'KubeadmControlPlane');
    return owner
      ? { apiVersion: owner.apiVersion, kind: owner.kind, metadata: { name: owner.name, uid: owner.uid } }
      : config;
  }

  /** Only one machine may initialize: the first to write its name into the ConfigMap `<cluster>-lock`. */
  async #lockInit(cluster: Cluster, machine: Machine): Promise<boolean> {
    const { client, signal } = this.#environment;
    const { name: clusterName = '', namespace = '' } = cluster.metadata;
    const name = `${clusterName}-lock`;
    const machineName = machine.metadata.name ?? '';
    const lock = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace,
        labels: { [labels.clusterName]: clusterName },
        ownerReferences: [ownerReference(cluster)],
      },
      data: { 'lock-information': JSON.stringify({ machineName }) },
    };
    try {
      await client.create(resources.configMaps, lock, { signal });
      return true;
    } catch (error) {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    }
    const present = await client.find<KubeObject & { data?: Record<string, string> }>(
      resources.configMaps,
      { name, namespace },
      signal,
    );
    const holder =
      (JSON.parse(present?.data?.['lock-information'] ?? '{}') as { machineName?: string }).machineName ?? '';
    if (holder === machineName) return true;
    // A holder that no longer exists cannot initialize any more.
    if (await client.find(resources.machines, { name: holder, namespace }, signal)) return false;
    await client.patch(resources.configMaps, { name, namespace }, { type: 'merge', body: { data: lock.data } });
    return true;
  }

  /** The operator's files, with contents from Secrets fetched and encodings undone. */
  async #files(config: KubeadmConfig, spec: KubeadmConfigSpec): Promise<UserDataFile[]> {
    const { client, signal } = this.#environment;
    const files: UserDataFile[] = [];
    for (const file of spec.files ?? []) {
      let content = file.content ?? '';
      if (file.contentFrom) {
        const { name, key } = file.contentFrom.secret;
        const source = await client.get<Secret>(
          resources.secrets,
          { name, namespace: config.metadata.namespace },
          signal,
        );
        content = Buffer.from(source.data?.[key] ?? '', 'base64').toString('utf8');
      }
      if (file.encoding === 'base64') content = Buffer.from(content, 'base64').toString('utf8');
      const { path, owner = 'root:root', permissions = '0644', append } = file;
      files.push({ path, owner, permissions, content, append });
    }
    return files;
  }

  async #writeSecret(config: KubeadmConfig, machine: Machine, format: string, data: UserData): Promise<void> {
    const { client, signal } = this.#environment;
    const { name = '', namespace } = config.metadata;
    const value = format === 'ignition' ? renderIgnition(data) : renderCloudConfig(data);
    const body = {
      type: 'cluster.x-k8s.io/secret',
      data: {
        value: Buffer.from(value, 'utf8').toString('base64'),
        format: Buffer.from(format, 'utf8').toString('base64'),
      },
    };
    if (await client.find(resources.secrets, { name, namespace }, signal)) {
      await client.patch(resources.secrets, { name, namespace }, { type: 'merge', body: { data: body.data } });
      return;
    }
    const secret: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        labels: { [labels.clusterName]: machine.spec.clusterName },
        ownerReferences: [controllerReference(config)],
      },
      ...body,
    };
    await client.create(resources.secrets, secret, { signal });
  }
}
