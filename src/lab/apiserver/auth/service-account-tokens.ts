import { randomUUID, verify } from 'node:crypto';
import type { Clock } from '../../../base/index.ts';
import type { ApiContext } from '../api-context.ts';
import type { UserInfo } from '../user-info.ts';
import { isObject, textOf } from '../json.ts';
import { CREDENTIAL_ID } from './authenticator.ts';
import { TokenSigner, type TokenAccount } from './token-signer.ts';

/** The issuer that kubeadm gives its clusters; also the audience of tokens that ask for none. */
export const SERVICE_ACCOUNT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

const SHORTEST_SECONDS = 600;
const DEFAULT_SECONDS = 3600;

export interface TokenSubject extends TokenAccount {
  /** The Pod or Secret that the token dies with. */
  readonly boundTo?: { readonly kind: string; readonly name: string; readonly uid: string } | undefined;
}

export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since the epoch; undefined for tokens that live in Secrets, which have no end. */
  readonly expiresMs: number | undefined;
}

function decode(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Issues and checks the signed tokens (JWT) of service accounts. */
export class ServiceAccountTokens {
  readonly #signer: TokenSigner;
  readonly #clock: Clock;
  readonly #storage: ApiContext['storage'];

  /** `keyPem`: an RSA key or an EC key of curve P-256. */
  constructor(keyPem: string, context: Pick<ApiContext, 'storage' | 'clock'>) {
    this.#signer = new TokenSigner(keyPem);
    this.#clock = context.clock;
    this.#storage = context.storage;
  }

  issue(
    subject: TokenSubject,
    options: { readonly audiences?: readonly string[]; readonly expirationSeconds?: number | undefined } = {},
  ): IssuedToken {
    const now = Math.floor(this.#clock.now() / 1000);
    const seconds = Math.max(SHORTEST_SECONDS, options.expirationSeconds ?? DEFAULT_SECONDS);
    const { namespace, name, uid, boundTo } = subject;
    const expires = now + seconds;
    const payload = {
      aud: options.audiences?.length ? options.audiences : [SERVICE_ACCOUNT_ISSUER],
      exp: expires,
      iat: now,
      iss: SERVICE_ACCOUNT_ISSUER,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        serviceaccount: { name, uid },
        ...(boundTo && { [boundTo.kind.toLowerCase()]: { name: boundTo.name, uid: boundTo.uid } }),
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    };
    return { token: this.#signer.sign(payload), expiresMs: expires * 1000 };
  }

  /** A token without an end, as Secrets of type kubernetes.io/service-account-token hold them. */
  issueForSecret(subject: TokenSubject, secretName: string): string {
    return this.#signer.forSecret(subject, secretName);
  }

  /** Whose token it is and for which of the audiences; or what is wrong with it, in kube-apiserver's words. */
  async review(token: string, audiences: readonly string[]): Promise<TokenVerdict> {
    const payload = this.#payloadOf(token);
    if (!payload) return { fault: INVALID_TOKEN };
    // Tokens of Secrets name no audience and are meant for the server alone.
    const named = Array.isArray(payload.aud) ? payload.aud.map(textOf) : [SERVICE_ACCOUNT_ISSUER];
    const common = named.filter((audience) => audiences.includes(audience));
    if (common.length === 0) return { fault: audienceFault(named, audiences) };
    const [, , namespace = '', name = ''] = textOf(payload.sub).split(':');
    const uid = accountUid(payload);
    if (!(await this.#lives(`/registry/serviceaccounts/${namespace}/${name}`, uid))) return { fault: INVALID_TOKEN };
    const secret = textOf(payload['kubernetes.io/serviceaccount/secret.name']);
    if (secret !== '' && !(await this.#storage.get(`/registry/secrets/${namespace}/${secret}`)))
      return { fault: INVALID_TOKEN };
    const bound = isObject(payload['kubernetes.io']) ? payload['kubernetes.io'] : {};
    for (const [kind, prefix] of Object.entries(BOUND_KEYS)) {
      const to = bound[kind];
      const place = kind === 'node' ? '' : `${namespace}/`;
      if (isObject(to) && !(await this.#lives(`${prefix}${place}${textOf(to.name)}`, textOf(to.uid))))
        return { fault: INVALID_TOKEN };
    }
    const user = { ...serviceAccountUser(namespace, name, uid), ...extraOf(payload, bound) };
    return { user, audiences: common };
  }

  /** What a token says when it is one of ours and has not ended. */
  #payloadOf(token: string): Record<string, unknown> | undefined {
    const [header, body, signature] = token.split('.');
    if (signature === undefined || textOf(decode(header)?.alg) !== this.#signer.algorithm) return undefined;
    const genuine = verify(
      'sha256',
      Buffer.from(`${header ?? ''}.${body ?? ''}`),
      { key: this.#signer.publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    const payload = genuine ? decode(body) : undefined;
    if (typeof payload?.exp === 'number' && payload.exp * 1000 <= this.#clock.now()) return undefined;
    return payload;
  }

  async #lives(key: string, uid: string): Promise<boolean> {
    return (await this.#storage.get(key))?.object.metadata.uid === uid;
  }
}

/** A user and the audiences that count, or what is wrong. */
export type TokenVerdict =
  { readonly user: UserInfo; readonly audiences: readonly string[] } | { readonly fault: string };

export const INVALID_TOKEN = 'invalid bearer token';

/** Where the objects are stored that tokens can be bound to, by the names that tokens give them. */
const BOUND_KEYS = { pod: '/registry/pods/', secret: '/registry/secrets/', node: '/registry/minions/' };

function audienceFault(named: readonly string[], asked: readonly string[]): string {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
  return `[${INVALID_TOKEN}, token audiences ${list(named)} is invalid for the target audiences ${list(asked)}]`;
}

/** What the server tells of the token itself and of the objects that it is bound to. */
function extraOf(payload: Record<string, unknown>, bound: Record<string, unknown>): Pick<UserInfo, 'extra'> {
  const extra: Record<string, string[]> = {};
  const id = textOf(payload.jti);
  if (id !== '') extra[CREDENTIAL_ID] = [`JTI=${id}`];
  for (const kind of ['pod', 'node']) {
    const to = bound[kind];
    if (!isObject(to)) continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [textOf(to.name)];
    extra[`authentication.kubernetes.io/${kind}-uid`] = [textOf(to.uid)];
  }
  return Object.keys(extra).length === 0 ? {} : { extra };
}

function accountUid(payload: Record<string, unknown>): string {
  const bound = payload['kubernetes.io'];
  const account = isObject(bound) && isObject(bound.serviceaccount) ? bound.serviceaccount : undefined;
  return textOf(account?.uid ?? payload['kubernetes.io/serviceaccount/service-account.uid']);
}

export function serviceAccountUser(namespace: string, name: string, uid: string): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
