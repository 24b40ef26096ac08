import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { formatAddress, parseAddress, type LabNetwork } from '../network/index.ts';
import { repositoryOf } from '../program.ts';
import type { ImageCheck } from './kubelet-host.ts';

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The registry of a reference with a port or a dotted host, e.g. `10.0.0.5:11443`; undefined for a bare repository. */
export function registryOf(reference: string): string | undefined {
  const slash = reference.indexOf('/');
  const first = slash < 0 ? '' : reference.slice(0, slash);
  return first.includes('.') || first.includes(':') || first === 'localhost' ? first : undefined;
}

/**
 * Asks the registry that an image names, over the data centre's network, whether it has the manifest. References of which the
 * registry carries no port are taken to be in the machine's template, as kubeadm's own images are.
 */
export function registryImageCheck(network: LabNetwork): ImageCheck {
  return async (reference, { login }) => {
    const registry = registryOf(reference);
    const address = registry === undefined ? undefined : parseAddress(registry);
    if (!address) return { ok: true };
    const repository = repositoryOf(reference);
    const digest = /@(sha256:[0-9a-f]+)$/.exec(reference)?.[1];
    const tag = /:([^:/@]+)(?:@.*)?$/.exec(reference.slice(reference.indexOf('/')))?.[1];
    const words = `failed to resolve reference "${reference}": failed to do request: Head "https://${formatAddress(address)}/v2/${repository}/manifests/${digest ?? tag ?? 'latest'}"`;
    const target = network.resolve(address.host, address.port);
    if (!target)
      return { ok: false, message: `${words}: dial tcp ${formatAddress(address)}: connect: connection refused` };
    const path = `/v2/${repository}/manifests/${digest ?? tag ?? 'latest'}`;
    for (const tls of [false, true]) {
      const status = await head({ port: target.loopbackPort, path, host: formatAddress(address), tls, login });
      if (status === undefined || status === 400) continue;
      if (status === 200) return { ok: true };
      if (status === 401 || status === 403)
        return {
          ok: false,
          message: `failed to resolve reference "${reference}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
        };
      return { ok: false, message: `failed to resolve reference "${reference}": ${reference}: not found` };
    }
    return { ok: false, message: `${words}: EOF` };
  };
}

/** The answer's status; undefined when there is no HTTP answer of this kind. */
function head(options: {
  port: number;
  path: string;
  host: string;
  tls: boolean;
  login: string | undefined;
}): Promise<number | undefined> {
  const { port, path, host, tls, login } = options;
  return new Promise((resolve) => {
    const headers = { host, accept: MANIFEST_TYPES, ...(login !== undefined && { authorization: `Basic ${login}` }) };
    const common = { host: '127.0.0.1', port, path, method: 'HEAD', headers, agent: false as const };
    // The bootstrap registry's certificate is self-signed; nodes are configured to trust it.
    const sent = tls ? httpsRequest({ ...common, rejectUnauthorized: false }) : httpRequest(common);
    sent
      .once('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
      .once('error', () => resolve(undefined))
      .end();
  });
}
