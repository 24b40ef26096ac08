import { GlobalctlError, retry } from '../../base/index.ts';
import { isWorthAnotherAttempt, RegistryClient, type RegistryAccess } from '../../pack/index.ts';
import type { OperatorContext } from './context.ts';
import { parseImageReference } from './image-reference.ts';

const AT_ONCE = 8;
const POLICY = { attempts: 3, firstDelayMs: 200, maxDelayMs: 1000 };

/**
 * Asks each registry for the manifests of the images, by HEAD. Only registries that the release tells of are asked
 * (`registries`): any other may be out of reach from here and in reach of the nodes, or a mirror's name.
 * Returns what was found, for people. Throws APPRELEASE_IMAGE_MISSING with every image that is not there, and what the client of
 * a registry throws that does not answer.
 */
export async function checkImages(
  context: OperatorContext,
  options: {
    /** Image and the object that needs it. */
    readonly images: ReadonlyMap<string, string>;
    readonly registries: ReadonlyMap<string, RegistryAccess>;
    readonly subject: string;
  },
): Promise<string> {
  const { images, registries, subject } = options;
  const clients = new Map<string, RegistryClient>();
  const missing: string[] = [];
  const unasked = new Set<string>();
  let found = 0;
  const waiting = [...images];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [image, object] = next;
      const { registry, repository, reference } = parseImageReference(image);
      const access = registries.get(registry);
      if (!access) {
        unasked.add(registry);
        continue;
      }
      const client = clients.get(registry) ?? new RegistryClient(access);
      clients.set(registry, client);
      if (await isPresent(context, client, { repository, reference })) found++;
      else missing.push(`${object} needs ${image}, which registry ${registry} does not have`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    await Promise.all([...clients.values()].map((client) => client.close()));
  }
  if (missing.length > 0)
    throw new GlobalctlError('APPRELEASE_IMAGE_MISSING', { message: missing.sort().join('; '), subject });
  const others = [...unasked].sort().join(', ');
  return `${String(found)} of ${String(images.size)} images found${others === '' ? '' : `; not asked: ${others}`}`;
}

async function isPresent(
  { clock, signal }: OperatorContext,
  client: RegistryClient,
  { repository, reference }: { readonly repository: string; readonly reference: string },
): Promise<boolean> {
  const digest = await retry({ policy: POLICY, clock, signal, retryable: isWorthAnotherAttempt }, () =>
    client.findManifest(repository, reference, signal),
  );
  return digest !== undefined;
}
