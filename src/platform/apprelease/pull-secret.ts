import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, resources, textAt, type KubeClient } from '../../kube/index.ts';

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * The logins in a Secret of type kubernetes.io/dockerconfigjson by registry, `host:port`.
 * Throws APPRELEASE_INVALID when there is no such Secret or it holds no docker configuration.
 */
export async function readPullSecret(
  client: KubeClient,
  ref: { readonly namespace: string; readonly name: string },
  signal?: AbortSignal,
): Promise<Map<string, RegistryLogin>> {
  const subject = `Secret ${ref.namespace}/${ref.name}`;
  const secret = await client.find(resources.secrets, ref, signal);
  if (!secret)
    throw new GlobalctlError('APPRELEASE_INVALID', {
      message: `chartPullSecret: ${subject} does not exist`,
      subject,
      hint: 'Leave chartPullSecret and imagePullSecrets out when the registry is anonymous.',
    });
  let auths: unknown;
  try {
    const text = Buffer.from(textAt(secret, 'data', '.dockerconfigjson') ?? '', 'base64').toString('utf8');
    auths = fieldAt(JSON.parse(text), 'auths');
  } catch {
    auths = undefined;
  }
  if (auths === null || typeof auths !== 'object')
    throw new GlobalctlError('APPRELEASE_INVALID', {
      message: `chartPullSecret: ${subject} holds no docker configuration`,
      subject,
      expected: 'key .dockerconfigjson',
    });
  const logins = new Map<string, RegistryLogin>();
  for (const [key, entry] of Object.entries(auths)) {
    const login = loginOf(entry);
    // Older tools write the registry as a URL.
    if (login) logins.set(key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''), login);
  }
  return logins;
}

/** Either both fields, or `auth`: base64 of `username:password`. */
function loginOf(entry: unknown): RegistryLogin | undefined {
  const [username, password] = [fieldAt(entry, 'username'), fieldAt(entry, 'password')];
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  const auth = Buffer.from(textAt(entry, 'auth') ?? '', 'base64').toString('utf8');
  const [, user, word] = /^([^:]*):([^]*)$/.exec(auth) ?? [];
  return user === undefined || word === undefined ? undefined : { username: user, password: word };
}
