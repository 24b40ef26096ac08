import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, resources, type KubeClient } from '../../kube/index.ts';

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * The login for `registry` in a Secret of type kubernetes.io/dockerconfigjson. undefined when the Secret names other
 * registries only. Throws APPRELEASE_INVALID when there is no such Secret or it holds no docker configuration.
 */
export async function readPullSecret(
  client: KubeClient,
  ref: { readonly namespace: string; readonly name: string },
  registry: string,
  signal?: AbortSignal,
): Promise<RegistryLogin | undefined> {
  const subject = `Secret ${ref.namespace}/${ref.name}`;
  const secret = await client.find(resources.secrets, ref, signal);
  if (!secret)
    throw new GlobalctlError('APPRELEASE_INVALID', {
      message: `chartPullSecret: ${subject} does not exist`,
      subject,
      hint: 'Leave chartPullSecret and imagePullSecrets out when the registry is anonymous.',
    });
  const encoded = fieldAt(secret, 'data', '.dockerconfigjson');
  let auths: unknown;
  try {
    auths = fieldAt(JSON.parse(Buffer.from(String(encoded), 'base64').toString('utf8')), 'auths');
  } catch {
    auths = undefined;
  }
  if (auths === null || typeof auths !== 'object')
    throw new GlobalctlError('APPRELEASE_INVALID', {
      message: `chartPullSecret: ${subject} holds no docker configuration`,
      subject,
      expected: 'key .dockerconfigjson',
    });
  for (const [key, entry] of Object.entries(auths)) {
    // Older tools write the registry as a URL.
    if (key.replace(/^https?:\/\//, '').replace(/\/.*$/, '') !== registry) continue;
    const username = fieldAt(entry, 'username');
    const password = fieldAt(entry, 'password');
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
    const auth = fieldAt(entry, 'auth');
    const [, user, word] =
      /^([^:]*):([^]*)$/.exec(Buffer.from(typeof auth === 'string' ? auth : '', 'base64').toString('utf8')) ?? [];
    if (user !== undefined && word !== undefined) return { username: user, password: word };
  }
  return undefined;
}
