import type { IncomingMessage } from 'node:http';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import type { UserInfo } from '../api-context.ts';
import { unauthorized } from '../status-error.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

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
    const header = request.headers.authorization ?? '';
    if (header === '') return ANONYMOUS;
    const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    const user = token === undefined ? undefined : await this.#tokens(token);
    if (!user) throw unauthorized();
    return { ...user, groups: [...new Set([...user.groups, 'system:authenticated'])] };
  }

  #ofCertificate({ socket }: IncomingMessage): UserInfo | undefined {
    if (!(socket instanceof TLSSocket)) return undefined;
    const known = this.#byConnection.get(socket);
    if (known) return known;
    if (!socket.authorized) return undefined;
    // Empty when the client showed none.
    const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
    if (subject === undefined) return undefined;
    const [username] = texts(subject.CN);
    if (username === undefined) return undefined;
    const groups = [...texts(subject.O), 'system:authenticated'];
    const user = { username, groups };
    this.#byConnection.set(socket, user);
    return user;
  }
}
