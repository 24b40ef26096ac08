import { textAt, type KubeObject } from '../../kube/index.ts';
import type { RegistryAccess } from '../../pack/index.ts';
import type { OperatorContext } from './context.ts';
import { readPullSecret } from './pull-secret.ts';
import type { WantedRelease } from './release-spec.ts';

/**
 * The registries that a release tells of, and how each is reached: the one of its charts, the one of its images
 * (`values.global.registry.address`, guide step 3) and those that its pull Secret has a login for.
 * Throws what reading the Secret throws.
 */
export async function registriesOf(
  { client, registry, signal }: OperatorContext,
  object: KubeObject,
  wanted: WantedRelease,
): Promise<Map<string, RegistryAccess>> {
  const { namespace = 'default' } = object.metadata;
  const logins = wanted.pullSecret
    ? await readPullSecret(client, { namespace, name: wanted.pullSecret }, signal)
    : undefined;
  // Some charts want a path behind the address; it is the registry's business.
  const images = textAt(wanted.values, 'global', 'registry', 'address')?.split('/')[0];
  const addresses = new Set([wanted.registry, ...(images === undefined ? [] : [images]), ...(logins?.keys() ?? [])]);
  return new Map([...addresses].map((address) => [address, { ...registry, address, ...logins?.get(address) }]));
}
