import { GlobalctlError } from '../../base/index.ts';
import { isDigest } from '../oci/descriptor.ts';
import { RegistryError } from './registry-error.ts';
import { headerOf, type RegistryAnswer } from './transport.ts';

/** The rights that reading and writing a repository takes, in the words of token services. */
export function repositoryScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/** Throws REGISTRY_UNSOUND when a registry says that it stored other content than it was given. Silence is allowed. */
export function expectDigest(answer: RegistryAnswer, digest: string, where: string): void {
  const said = headerOf(answer, 'docker-content-digest');
  if (said === undefined || said === digest || !isDigest(said)) return;
  throw new GlobalctlError('REGISTRY_UNSOUND', {
    message: `${where}: the registry says that it stored other content than it was sent`,
    subject: where,
    expected: digest,
    found: said,
  });
}

export async function absentAsUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}
