import type { IncomingMessage } from 'node:http';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { UserInfo } from '../user-info.ts';
import { unauthorized } from '../status-error.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Key of a user's extra information that names the certificate or token that was shown. */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** Finds out whose token it is; undefined when it is nobody's. */
export type TokenAuthenticator = (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>;

function texts(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Users by client certificate (common name, organizations as groups) and by bearer token. */
export class Authenticator {
  readonly #tokens: TokenAuthenticator;
  readonly #byConnection = new WeakMap<TLSSocket, UserInfo>();

  constructor(tokens: TokenAuthenticator) {
    this.#tokens = tokens;
  }

  /** Throws Unauthorized for credentials that are not known; without any the user is anonymous. */
  async authenticate(request: IncomingMessage): Promise<UserInfo> {
    const certified = this.#ofCertificate(request);
    if (certified) return certified;
    // Anything but a bearer token is not for this server: who sends it is anonymous.
    const token = /^Bearer\s+(\S+)/i.exec((request.headers.authorization ?? '').trim())?.[1];
    if (token === undefined) return ANONYMOUS;
    const user = await this.#tokens(token);
    if (!user) throw unauthorized();
    return { ...user, groups: [...new Set([...user.groups, 'system:authenticated'])] };
  }

  #ofCertificate({ socket }: IncomingMessage): UserInfo | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    const known = this.#byConnection.get(socket);
    if (known) return known;
    if (!socket.authorized) return undefined;
    // Empty when the client showed none.
    const { subject, fingerprint256 = '' } = socket.getPeerCertificate() as Partial<PeerCertificate>;
    if (subject === undefined) return undefined;
    const [username] = texts(subject.CN);
    if (username === undefined) return undefined;
    const groups = [...texts(subject.O), 'system:authenticated'];
    const credential = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
    const user = { username, groups, extra: { [CREDENTIAL_ID]: [credential] } };
    this.#byConnection.set(socket, user);
    return user;
  }
}
