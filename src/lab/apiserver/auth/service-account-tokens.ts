import { randomUUID, verify } from 'node:crypto';
import type { Clock } from '../../../base/index.ts';
import type { ApiContext, UserInfo } from '../api-context.ts';
import { isObject, textOf } from '../json.ts';
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

  /** The user of a token; undefined when it is not one of ours, has ended, or its account is gone. */
  async authenticate(token: string): Promise<UserInfo | undefined> {
    const [header, body, signature] = token.split('.');
    if (signature === undefined || textOf(decode(header)?.alg) !== this.#signer.algorithm) return undefined;
    const genuine = verify(
      'sha256',
      Buffer.from(`${header ?? ''}.${body ?? ''}`),
      { key: this.#signer.publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    const payload = genuine ? decode(body) : undefined;
    if (!payload) return undefined;
    if (typeof payload.exp === 'number' && payload.exp * 1000 <= this.#clock.now()) return undefined;
    const [, , namespace = '', name = ''] = textOf(payload.sub).split(':');
    const account = await this.#storage.get(`/registry/serviceaccounts/${namespace}/${name}`);
    const uid = accountUid(payload);
    if (account?.object.metadata.uid !== uid) return undefined;
    return serviceAccountUser(namespace, name, uid);
  }
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
