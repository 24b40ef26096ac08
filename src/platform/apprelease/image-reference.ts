/** An image as a Pod names it, taken apart as container runtimes do. */
export interface ImageReference {
  /** `host:port`; `docker.io` when the name has none. */
  readonly registry: string;
  readonly repository: string;
  /** A digest where the name has one, else its tag, else `latest`. */
  readonly reference: string;
}

export function parseImageReference(image: string): ImageReference {
  const [name = '', digest] = image.split('@');
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = first === 'localhost' || /[.:]/.test(first);
  const path = hasHost ? name.slice(slash + 1) : name;
  const colon = path.lastIndexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  return {
    registry: hasHost ? first : 'docker.io',
    repository: hasHost || repository.includes('/') ? repository : `library/${repository}`,
    reference: digest ?? (colon < 0 ? 'latest' : path.slice(colon + 1)),
  };
}
