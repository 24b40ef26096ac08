import { GlobalctlError } from '../../base/index.ts';

/** A repository and a tag, as a package and a registry name an image: `ait/cpaas-installer`, `v4.2.2`. */
export interface ImageName {
  readonly repository: string;
  readonly tag: string;
}

// Grammar of the OCI distribution specification, section "Pulling manifests".
const REPOSITORY = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export function isRepository(text: string): boolean {
  return text.length <= 255 && REPOSITORY.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function formatImageName({ repository, tag }: ImageName): string {
  return `${repository}:${tag}`;
}

/** `ait/x:v1` as repository and tag; undefined when it is not of that form. */
export function parseImageName(text: string): ImageName | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  const name = { repository: text.slice(0, colon), tag: text.slice(colon + 1) };
  return isRepository(name.repository) && isTag(name.tag) ? name : undefined;
}

/** The tag under which Helm keeps a chart version: `+` is not allowed in tags and becomes `_`. */
export function chartTag(version: string): string {
  return version.replaceAll('+', '_');
}

/**
 * `host:port` of a registry address. Scheme, `/v2/` and a trailing slash are refused: in this product's fields the address
 * stands alone, and the same text goes into image references. Throws USAGE.
 */
export function parseRegistryAddress(address: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1];
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65535)))
    throw new GlobalctlError('USAGE', {
      message: `"${address}" is not a registry address`,
      subject: address,
      expected: 'HOST or HOST:PORT, without scheme and path',
      hint: 'Write for example 127.0.0.1:11443.',
    });
  return { host, port };
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
