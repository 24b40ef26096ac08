import type { Artifact } from '../oci/image.ts';
import type { RegistryClient } from './client.ts';

/** Pushes an artifact that is held in memory: blobs that are missing, then manifests, the tag last. */
export async function pushArtifact(client: RegistryClient, artifact: Artifact, signal?: AbortSignal): Promise<void> {
  const { repository, tag } = artifact.name;
  for (const { descriptor, bytes } of artifact.blobs)
    if (!(await client.hasBlob(repository, descriptor.digest, signal)))
      await client.pushBlob(repository, descriptor, bytes, signal);
  // Children before the indexes that list them: the top manifest stands first in the list.
  for (const manifest of [...artifact.manifests].reverse()) {
    const isTop = manifest.descriptor.digest === artifact.top.digest;
    await client.pushManifest(repository, isTop ? tag : manifest.descriptor.digest, manifest, signal);
  }
}
