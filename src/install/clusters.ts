import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GlobalctlError, pathExists, type Clock, type Redactor } from '../base/index.ts';
import {
  fieldAt,
  formatKubeconfig,
  HttpKubeClient,
  isKubeReason,
  parseKubeconfig,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
} from '../kube/index.ts';
import { findInstallerAccess, type InstallerWish } from './installer-access.ts';
import { InstallerApi } from './installer-api.ts';

export interface ClusterConnectionsOptions {
  /** Kubeconfig of the bootstrap cluster. */
  readonly bootstrapKubeconfig: string;
  readonly stateFolder: string;
  /** Used for kubeconfigs that name no proxy of their own. */
  readonly proxyUrl?: string | undefined;
  /** How the site wants the installer to be called. */
  readonly installer: InstallerWish;
  readonly redactor: Redactor;
  readonly clock: Clock;
}

/** The two clusters and the installer of one installation, connected to when they are first asked for. */
export class ClusterConnections implements AsyncDisposable {
  readonly #options: ClusterConnectionsOptions;
  #bootstrap: HttpKubeClient | undefined;
  #global: HttpKubeClient | undefined;
  #installer: InstallerApi | undefined;

  constructor(options: ClusterConnectionsOptions) {
    this.#options = options;
  }

  /** Kubeconfig of the new cluster, once `global` wrote it. */
  get globalKubeconfigPath(): string {
    return join(this.#options.stateFolder, 'global.kubeconfig');
  }

  /** The bootstrap cluster. Throws KUBECONFIG_INVALID while there is no kubeconfig. */
  async bootstrap(): Promise<KubeClient> {
    this.#bootstrap ??= await HttpKubeClient.fromFile(this.#options.bootstrapKubeconfig, this.#clientOptions());
    return this.#bootstrap;
  }

  /** The bootstrap cluster, or undefined while its kubeconfig does not exist or its API does not answer. */
  async bootstrapIfUp(signal?: AbortSignal): Promise<KubeClient | undefined> {
    if (!(await pathExists(this.#options.bootstrapKubeconfig))) return undefined;
    const client = await this.bootstrap();
    try {
      await client.request('GET', '/readyz', signal ? { signal } : {});
      return client;
    } catch (error) {
      if (error instanceof GlobalctlError && ['KUBE_UNREACHABLE', 'KUBE_API'].includes(error.code)) {
        // The cluster may have been made anew with another certificate; the next look reads the file again.
        await this.#bootstrap?.close();
        this.#bootstrap = undefined;
        return undefined;
      }
      throw error;
    }
  }

  /** Text of the new cluster's kubeconfig (Secret global-kubeconfig, key value), or undefined before there is one. */
  async globalKubeconfig(signal?: AbortSignal): Promise<string | undefined> {
    const client = await this.bootstrapIfUp(signal);
    if (!client) return undefined;
    const secret = await client.find(
      resources.secrets,
      { name: 'global-kubeconfig', namespace: PLATFORM_NAMESPACE },
      signal,
    );
    const value = fieldAt(secret, 'data', 'value');
    if (typeof value !== 'string') return undefined;
    const access = await parseKubeconfig(Buffer.from(value, 'base64').toString('utf8'), {
      source: 'Secret global-kubeconfig',
    });
    return formatKubeconfig('global', { ...access, proxyUrl: access.proxyUrl ?? this.#options.proxyUrl });
  }

  /** The new cluster, from the bootstrap cluster's Secret or the file kept from it; undefined before there is one. */
  async global(signal?: AbortSignal): Promise<KubeClient | undefined> {
    if (this.#global) return this.#global;
    const kubeconfig = await this.globalKubeconfig(signal);
    if (kubeconfig !== undefined)
      this.#global = await HttpKubeClient.fromText(kubeconfig, {
        source: 'Secret global-kubeconfig',
        ...this.#clientOptions(),
      });
    else if (await pathExists(this.globalKubeconfigPath))
      this.#global = await HttpKubeClient.fromFile(this.globalKubeconfigPath, this.#clientOptions());
    return this.#global;
  }

  /**
   * The embedded installer, found through its Pod (guide step 8), called as it is to be called now: token and certificate may have been
   * changed since the last look. Throws INSTALLER_UNREACHABLE while there is none.
   */
  async installer(signal?: AbortSignal): Promise<InstallerApi> {
    const podIP = await this.#installerPodIP(signal);
    if (podIP === undefined)
      throw new GlobalctlError('INSTALLER_UNREACHABLE', {
        message: `no Pod with label service_name=cpaas-installer has an address in ${PLATFORM_NAMESPACE}`,
        subject: `Pods of ${this.#options.bootstrapKubeconfig}`,
      });
    const { installer: wish, redactor, proxyUrl } = this.#options;
    const access = await findInstallerAccess({ client: await this.bootstrap(), wish, redactor, signal });
    const place = { podIP, access, proxyUrl };
    if (!this.#installer || !isDeepStrictEqual(this.#installer.place, place)) {
      await this.#installer?.close();
      this.#installer = new InstallerApi(place);
    }
    return this.#installer;
  }

  async #installerPodIP(signal?: AbortSignal): Promise<string | undefined> {
    const client = await this.bootstrap();
    try {
      const { items } = await client.list(resources.pods, {
        namespace: PLATFORM_NAMESPACE,
        labelSelector: 'service_name=cpaas-installer',
        signal,
      });
      return items
        .filter((p) => p.metadata.deletionTimestamp === undefined)
        .map((p) => fieldAt(p, 'status', 'podIP'))
        .find((ip): ip is string => typeof ip === 'string' && ip !== '');
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #clientOptions(): { clock: Clock; proxyUrl: string | undefined } {
    return { clock: this.#options.clock, proxyUrl: this.#options.proxyUrl };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#bootstrap?.close(), this.#global?.close(), this.#installer?.close()]);
  }
}
