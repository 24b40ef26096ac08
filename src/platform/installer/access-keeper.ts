import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { toGlobalctlError, type Clock } from '../../base/index.ts';
import { follow, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
import {
  ACCESS_SECRET,
  issueServerCertificate,
  readAccessMaterial,
  usesSecret,
  type Access,
  type AccessFiles,
  type AccessMaterial,
} from './access.ts';
import type { AccessWish } from './config.ts';
import type { InstallerLog } from './log.ts';

const DAY_MS = 86_400_000;
const SERVER_DAYS = 397;
/** A replica that runs for this long issues itself another certificate. */
const RENEWED_AFTER_DAYS = 270;
const RETRY_MS = 1000;
/** How often the files are read again; a change of the Secret is seen at once. */
const LOOK_MS = 10_000;

interface AccessKeeperOptions {
  readonly wish: AccessWish;
  readonly client: KubeClient;
  readonly log: InstallerLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Token and certificate of the REST API as they are at present: a change of the Secret or of the files counts without a restart, and what
 * cannot be used leaves the former in force.
 */
export class AccessKeeper {
  readonly #options: AccessKeeperOptions;
  readonly #listeners = new Set<() => void>();
  #material: AccessMaterial | undefined;
  #renewMs = Infinity;
  #current: Access = { mode: 'plain' };

  private constructor(options: AccessKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when there is something to serve with. Throws INSTALLER_STATE_INVALID and FILE_UNREADABLE, which no waiting cures. */
  static async open(options: AccessKeeperOptions): Promise<AccessKeeper> {
    const keeper = new AccessKeeper(options);
    if (options.wish.mode === 'plain') return keeper;
    for (;;)
      try {
        await keeper.#refresh(options.wish);
        return keeper;
      } catch (error) {
        const { code } = toGlobalctlError(error);
        if (options.signal.aborted || code === 'INSTALLER_STATE_INVALID' || code === 'FILE_UNREADABLE') throw error;
        keeper.#warn(error);
        await options.clock.sleep(RETRY_MS, options.signal);
      }
  }

  get current(): Access {
    return this.#current;
  }

  /** Told after every change. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Keeps up with the Secret and the files until the signal aborts. */
  async keepUp(): Promise<void> {
    const { wish } = this.#options;
    if (wish.mode === 'plain') return;
    await Promise.all([this.#lookAgain(wish), usesSecret(wish.files) && this.#followSecret(wish)]);
  }

  async #lookAgain(wish: AccessWish & { readonly mode: 'secure' }): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      const isDue = wish.files !== undefined || clock.now() >= this.#renewMs;
      if (isDue && !signal.aborted) await this.#tryRefresh(wish);
    }
  }

  async #followSecret(wish: AccessWish & { readonly mode: 'secure' }): Promise<void> {
    const { client, clock, signal } = this.#options;
    const events = follow(client, resources.secrets, {
      namespace: PLATFORM_NAMESPACE,
      fieldSelector: `metadata.name=${ACCESS_SECRET}`,
      clock,
      signal,
      onTrouble: (error) => this.#warn(error),
    });
    // Whatever the event is: the Secret is read, and made anew where it was deleted.
    for await (const _ of events) await this.#tryRefresh(wish);
  }

  async #tryRefresh(wish: AccessWish & { readonly mode: 'secure' }): Promise<void> {
    try {
      if (!(await this.#refresh(wish))) return;
      this.#options.log.write('INFO', 'installer', 'token and certificate have been read anew');
      for (const listener of [...this.#listeners]) listener();
    } catch (error) {
      if (!this.#options.signal.aborted) this.#warn(error);
    }
  }

  /** Whether anything is another than before. */
  async #refresh({
    hosts = [],
    files,
  }: {
    hosts?: readonly string[] | undefined;
    files?: AccessFiles | undefined;
  }): Promise<boolean> {
    const { client, clock, signal, log } = this.#options;
    const nowMs = clock.now();
    const material = await readAccessMaterial({ client, files, nowMs, signal });
    if (isDeepStrictEqual(material, this.#material) && nowMs < this.#renewMs) return false;
    const { token, certificate } = material;
    const isGiven = certificate.kind === 'given';
    const tls = isGiven
      ? certificate.tls
      : await issueServerCertificate({ authority: certificate.authority, hosts, days: SERVER_DAYS, nowMs });
    // Throws where a certificate and a key do not belong together, as in the middle of their replacement.
    createSecureContext({ cert: tls.certificate, key: tls.key });
    log.redactor.add(token);
    this.#material = material;
    this.#renewMs = isGiven ? Infinity : nowMs + RENEWED_AFTER_DAYS * DAY_MS;
    this.#current = { mode: 'secure', token, tls };
    return true;
  }

  #warn(error: unknown): void {
    const { code, message } = toGlobalctlError(error);
    this.#options.log.write('WARN', 'installer', `token and certificate cannot be read: ${code}: ${message}`);
  }
}
