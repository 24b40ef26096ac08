import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** The service account that a token speaks for. */
export interface TokenAccount {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Signs tokens (JWT) of service accounts with a cluster's key. */
export class TokenSigner {
  readonly publicKey: KeyObject;
  readonly #key: KeyObject;
  readonly #keyId: string;

  /** `keyPem`: an RSA key or an EC key of curve P-256. */
  constructor(keyPem: string) {
    this.#key = createPrivateKey(keyPem);
    this.publicKey = createPublicKey(this.#key);
    const der = this.publicKey.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha256').update(der).digest('base64url');
  }

  get algorithm(): 'RS256' | 'ES256' {
    return this.#key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  }

  sign(payload: unknown): string {
    const head = `${encode({ alg: this.algorithm, kid: this.#keyId })}.${encode(payload)}`;
    const signature = sign('sha256', Buffer.from(head), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${head}.${signature.toString('base64url')}`;
  }

  /** A token without an end, as Secrets of type kubernetes.io/service-account-token hold them. */
  forSecret({ namespace, name, uid }: TokenAccount, secretName: string): string {
    return this.sign({
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': name,
      'kubernetes.io/serviceaccount/service-account.uid': uid,
      sub: `system:serviceaccount:${namespace}:${name}`,
    });
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
