import { join } from 'node:path';
import { GlobalctlError, isGlobalctlError, pathExists } from '../../base/index.ts';
import { HostPaths } from '../../install/index.ts';
import {
  HttpKubeClient,
  loadKubeconfig,
  PLATFORM_NAMESPACE,
  resources,
  textAt,
  type ClusterAccess,
  type KubeClient,
} from '../../kube/index.ts';
import type { SideName } from '../pair.ts';
import type { PairRun } from './pair-run.ts';

/** A request to a side that may have died without a word is given up after so long. */
const REQUEST_TIMEOUT_MS = 15_000;

/** The account of the platform whose token the guide uses (disaster-recovery §4). */
const ADMIN_SECRET = { name: 'k8sadmin', namespace: PLATFORM_NAMESPACE };

/** The new clusters of a pair, connected to when they are first asked for. */
export class SideClusters implements AsyncDisposable {
  readonly #run: Pick<PairRun, 'pair' | 'kubeconfigs' | 'clock' | 'redactor'>;
  readonly #clients = new Map<string, HttpKubeClient>();

  constructor(run: Pick<PairRun, 'pair' | 'kubeconfigs' | 'clock' | 'redactor'>) {
    this.#run = run;
  }

  /** Path of a side's kubeconfig, whether or not it exists yet. */
  kubeconfigPath(side: SideName): string {
    const given = this.#run.kubeconfigs?.[side];
    if (given !== undefined) return given;
    const { loaded } = this.#run.pair[side];
    const host = new HostPaths(loaded.resolvePath(loaded.site.bootstrap.hostRoot));
    return join(host.stateFolder(loaded.site.metadata.name), 'global.kubeconfig');
  }

  /** How a side is reached; undefined while it has no kubeconfig. */
  async access(side: SideName): Promise<ClusterAccess | undefined> {
    const path = this.kubeconfigPath(side);
    if (!(await pathExists(path))) return undefined;
    const access = await loadKubeconfig(path);
    return { ...access, proxyUrl: access.proxyUrl ?? this.#run.pair[side].loaded.site.access.proxy };
  }

  /** HTTP proxy through which the addresses of a side are reached. */
  async proxy(side: SideName): Promise<string | undefined> {
    return (await this.access(side))?.proxyUrl ?? this.#run.pair[side].loaded.site.access.proxy;
  }

  /** CA of a side's cluster in PEM form; undefined before it has a kubeconfig. */
  async ca(side: SideName): Promise<string | undefined> {
    return (await this.access(side))?.caPem;
  }

  /** A side's cluster. Throws KUBECONFIG_INVALID before there is a kubeconfig. */
  async client(side: SideName): Promise<KubeClient> {
    const known = this.#clients.get(side);
    if (known) return known;
    const access = await this.access(side);
    if (!access)
      throw new GlobalctlError('KUBECONFIG_INVALID', {
        message: `there is no kubeconfig of the ${side} side`,
        subject: this.kubeconfigPath(side),
        hint: `Name it with --${side}-kubeconfig, or install that side: globalctl dr install.`,
      });
    const client = this.#open(access);
    this.#clients.set(side, client);
    return client;
  }

  /** A side's cluster when its API answers; undefined otherwise. */
  async reachable(side: SideName, signal: AbortSignal): Promise<KubeClient | undefined> {
    try {
      const client = await this.client(side);
      await client.request('GET', '/readyz', { signal });
      return client;
    } catch (error) {
      if (signal.aborted || !(error instanceof GlobalctlError)) throw error;
      if (['KUBE_UNREACHABLE', 'KUBE_API', 'KUBECONFIG_INVALID'].includes(error.code)) return undefined;
      throw error;
    }
  }

  /** Token of ServiceAccount k8sadmin, in base64 as its Secret holds it. The redactor learns both forms. */
  async adminToken(side: SideName, signal: AbortSignal): Promise<string> {
    const secret = await (await this.client(side)).find(resources.secrets, ADMIN_SECRET, signal);
    const token = textAt(secret, 'data', 'token');
    if (token === undefined)
      throw new GlobalctlError('DR_SYNC', {
        message: `the ${side} side has no token of ServiceAccount k8sadmin`,
        subject: `Secret ${PLATFORM_NAMESPACE}/k8sadmin`,
        expected: 'key token',
        hint: 'The installer makes it at the end of step 9: globalctl verify shows what is missing.',
      });
    this.#run.redactor.add(token);
    this.#run.redactor.add(Buffer.from(token, 'base64').toString('utf8'));
    return token;
  }

  /** A side's API as the administrator of the platform, by the bearer token that the guide's call carries. */
  async asAdmin(side: SideName, signal: AbortSignal): Promise<KubeClient> {
    const key = `${side}/admin`;
    const known = this.#clients.get(key);
    if (known) return known;
    const [token, access] = [await this.adminToken(side, signal), await this.access(side)];
    if (!access)
      throw new GlobalctlError('KUBECONFIG_INVALID', { message: `there is no kubeconfig of the ${side} side` });
    const { clientCertificatePem: _certificate, clientKeyPem: _key, ...server } = access;
    const client = this.#open({ ...server, token: Buffer.from(token, 'base64').toString('utf8') });
    this.#clients.set(key, client);
    return client;
  }

  /** Connections to a side whose kubeconfig may have changed are opened anew. */
  async forget(side: SideName): Promise<void> {
    for (const key of [side, `${side}/admin`]) {
      await this.#clients.get(key)?.close();
      this.#clients.delete(key);
    }
  }

  #open(access: ClusterAccess): HttpKubeClient {
    return new HttpKubeClient(access, { clock: this.#run.clock, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}

/** Whether an error says that a side does not answer. */
export function isUnreachable(error: unknown): boolean {
  return isGlobalctlError(error, 'KUBE_UNREACHABLE');
}
