import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GlobalctlError } from '../base/index.ts';
import type { RegistryAccess } from '../pack/index.ts';
import type { App } from './app.ts';
import { flag } from './options.ts';

/** How a registry is reached, for every command that talks to one. */
export interface RegistryFlags {
  readonly registry: string;
  readonly registryUsername?: string;
  readonly plainHttp?: boolean;
  readonly insecure?: boolean;
  readonly caFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** `-r` is the guide's. */
export function registryFlags(command: Command): Command {
  return registryLoginFlags(
    command.addOption(
      flag('-r, --registry <host:port>', 'the registry, without scheme and path').makeOptionMandatory(),
    ),
  );
}

/** Without `-r`, for a command that learns in another way which registry is meant. */
export function registryLoginFlags(command: Command): Command {
  return command
    .addOption(flag('--registry-username <name>', 'login of the registry'))
    .addOption(flag('--plain-http', 'speak HTTP without TLS; on loopback it is found out by itself'))
    .addOption(flag('--insecure', 'accept any certificate'))
    .addOption(flag('--ca-file <file>', 'certificate authority of the registry, in PEM'))
    .addOption(flag('--client-cert <file>', 'certificate for a registry that asks its clients for one, in PEM'))
    .addOption(flag('--client-key <file>', 'its key, in PEM'));
}

/** The flags as the registry client takes them; password and proxy come from the environment. Throws USAGE or FILE_UNREADABLE. */
export async function registryAccess(app: App, flags: RegistryFlags): Promise<RegistryAccess> {
  const [{ isLoopbackHost, parseRegistryAddress }, { proxyFromEnvironment }] = await Promise.all([
    import('../pack/oci/reference.ts'),
    import('../pack/registry/index.ts'),
  ]);
  const { host } = parseRegistryAddress(flags.registry);
  return {
    address: flags.registry,
    // Without TLS only where nobody can listen in, or where it was asked for by name.
    scheme: flags.plainHttp ? 'http' : isLoopbackHost(host) ? 'auto' : 'https',
    insecure: flags.insecure ?? false,
    username: flags.registryUsername,
    password: app.env['GLOBALCTL_REGISTRY_PASSWORD'],
    proxyUrl: proxyFromEnvironment(flags.registry, app.env),
    ...(flags.caFile !== undefined && { caPem: await readPem(resolve(app.cwd, flags.caFile)) }),
    clientCertificate: await clientCertificate(app, flags),
  };
}

async function clientCertificate(app: App, flags: RegistryFlags): Promise<RegistryAccess['clientCertificate']> {
  const { clientCert, clientKey } = flags;
  if (clientCert === undefined && clientKey === undefined) return undefined;
  if (clientCert === undefined || clientKey === undefined)
    throw new GlobalctlError('USAGE', {
      message: '--client-cert and --client-key go together',
      expected: 'both, or neither',
    });
  const [certificatePem, keyPem] = await Promise.all(
    [clientCert, clientKey].map((path) => readPem(resolve(app.cwd, path))),
  );
  return { certificatePem: certificatePem ?? '', keyPem: keyPem ?? '' };
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read ${path}`, subject: path, cause: error });
  }
}
