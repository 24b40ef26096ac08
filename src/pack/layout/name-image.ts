import { parseImageName, type ImageName } from '../oci/reference.ts';

/** Annotation with which containerd and Docker write the whole name of an image, host included. */
const CONTAINERD_NAME = 'io.containerd.image.name';

/**
 * Repository and tag of an entry of index.json that somebody else wrote, or of a tag of `docker save`. The host goes, as Docker
 * tells it apart (a first part with a dot, with a colon, or `localhost`), because the image is to lie below another registry;
 * and Docker Hub's `library/`, which its tools write or leave out as they like. Undefined when there is no tag.
 */
export function imageNameOf(text: string): ImageName | undefined {
  const withoutDigest = text.replace(/@sha256:[0-9a-f]{64}$/, '');
  const slash = withoutDigest.indexOf('/');
  const first = withoutDigest.slice(0, Math.max(slash, 0));
  const isHost = first === 'localhost' || /[.:]/.test(first);
  const rest = isHost ? withoutDigest.slice(slash + 1) : withoutDigest;
  return parseImageName(/^(index\.)?docker\.io$/.test(first) ? rest.replace(/^library\//, '') : rest);
}

/** What an entry of index.json is called: by whoever wrote it, or by the annotation of the OCI layout. */
export function statedName(
  annotations: Readonly<Record<string, string>> | undefined,
  refNameAnnotation: string,
): string | undefined {
  return annotations?.[CONTAINERD_NAME] ?? annotations?.[refNameAnnotation];
}
