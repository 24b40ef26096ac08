import type { ApiContext } from '../api-context.ts';
import { cloneJson, isObject, objectIn } from '../json.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import type { CacheEvent, CacheSubscriber } from '../watch/watch-cache.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** Fills Secrets of type kubernetes.io/service-account-token with a token without an end, as the token controller does. */
export class TokenSecrets implements CacheSubscriber {
  readonly #context: ApiContext;
  readonly #secrets: ResourceDefinition;
  readonly #tokens: ServiceAccountTokens;
  readonly #caPem: string;
  readonly #running = new Set<Promise<void>>();
  #unsubscribe: (() => void) | undefined;
  #stopped = false;

  constructor(parts: {
    context: ApiContext;
    secrets: ResourceDefinition;
    tokens: ServiceAccountTokens;
    caPem: string;
  }) {
    this.#context = parts.context;
    this.#secrets = parts.secrets;
    this.#tokens = parts.tokens;
    this.#caPem = parts.caPem;
  }

  async start(): Promise<void> {
    const cache = await this.#context.caches.of(this.#secrets);
    this.#unsubscribe = cache.subscribe(cache.revision, this);
    await Promise.all([...cache.objects()].map(({ key }) => this.#fill(key)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    await Promise.all(this.#running);
  }

  event(event: CacheEvent): void {
    if (event.type === 'put' && event.object.type === TYPE) this.#track(this.#fill(event.key));
  }

  progress(): void {
    // Every Secret is looked at when it changes.
  }

  reset(): void {
    if (!this.#stopped) this.#track(this.start());
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #fill(key: string): Promise<void> {
    const { storage } = this.#context;
    for (;;) {
      const current = await storage.get(key);
      const secret = current?.object;
      if (!current || secret?.type !== TYPE) return;
      const { namespace = '', name = '', annotations } = secret.metadata;
      const accountName = annotations?.[ACCOUNT] ?? '';
      if (accountName === '' || (isObject(secret.data) && secret.data.token !== undefined)) return;
      const account = await storage.get(`/registry/serviceaccounts/${namespace}/${accountName}`);
      const uid = account?.object.metadata.uid;
      if (uid === undefined) return;
      const next = cloneJson(secret);
      next.metadata.annotations = { ...next.metadata.annotations, [ACCOUNT_UID]: uid };
      const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
      Object.assign(objectIn(next, 'data'), {
        token: base64(this.#tokens.issueForSecret({ namespace, name: accountName, uid }, name)),
        'ca.crt': base64(this.#caPem),
        namespace: base64(namespace),
      });
      if (await storage.update(key, next, current.revision)) return;
    }
  }
}
