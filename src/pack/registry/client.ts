import { GlobalctlError } from '../../base/index.ts';
import { isDigest, manifestTypes, mediaTypes, verifyContent, type Descriptor } from '../oci/descriptor.ts';
import { LONGEST_MANIFEST_BYTES, parseJsonObject, parseManifest, type Manifest } from '../oci/manifest.ts';
import { formatImageName, type ImageName } from '../oci/reference.ts';
import type { RegistryAccess } from './access.ts';
import { absentAsUndefined, expectDigest, repositoryScope as scopeOf } from './answers.ts';
import { headerOf as header, RegistryTransport, type RegistryAnswer } from './transport.ts';
import { Uploads } from './uploads.ts';

type Signal = AbortSignal | undefined;

/**
 * A client of the OCI distribution API. Methods throw RegistryError when the registry answers with an error,
 * REGISTRY_UNREACHABLE when it does not answer, PACKAGE_DIGEST_MISMATCH when content is not what its digest says. Nothing
 * is retried here.
 */
export class RegistryClient {
  readonly address: string;
  /** Uploads step by step, for pushes that resume. */
  readonly uploads: Uploads;
  readonly #transport: RegistryTransport;
  readonly #pageSize: number;

  /** `pageSize`: how many names a list request asks for at once. */
  constructor(access: RegistryAccess, options: { readonly pageSize?: number } = {}) {
    this.address = access.address;
    this.#pageSize = options.pageSize ?? 1000;
    this.#transport = new RegistryTransport(access);
    this.uploads = new Uploads(this.#transport);
  }

  /** Checks that a registry answers and accepts the login. */
  async ping(signal?: AbortSignal): Promise<void> {
    const answer = await this.#transport.send({ method: 'GET', path: '/v2/', scope: '', signal });
    await answer.body.dump();
  }

  async hasBlob(repository: string, digest: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.findBlob(repository, digest, signal)) !== undefined;
  }

  /** What the registry says of a blob, its size where it names one; undefined when the repository does not hold it. */
  async findBlob(
    repository: string,
    digest: string,
    signal?: AbortSignal,
  ): Promise<{ readonly sizeBytes: number | undefined } | undefined> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const answer = await absentAsUndefined(
      this.#transport.send({ method: 'HEAD', path, scope: scopeOf(repository), signal }),
    );
    await answer?.body.dump();
    if (!answer) return undefined;
    const length = header(answer, 'content-length');
    return { sizeBytes: length === undefined ? undefined : Number(length) };
  }

  /** The content of a blob, verified as it streams. */
  async *readBlob(
    repository: string,
    descriptor: Descriptor,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    const path = `/v2/${repository}/blobs/${descriptor.digest}`;
    const answer = await this.#transport.send({ method: 'GET', path, scope: scopeOf(repository), signal });
    yield* verifyContent(answer.body, descriptor, `${this.address}/${repository}`);
  }

  /** A small blob, verified, in memory. */
  async fetchBlob(repository: string, descriptor: Descriptor, signal?: AbortSignal): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.readBlob(repository, descriptor, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Uploads a blob in one request, after the one that opens the upload. The registry checks the digest once more. */
  async pushBlob(
    repository: string,
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<void> {
    const session = await this.uploads.open(repository, signal);
    const body =
      content instanceof Uint8Array ? [content] : verifyContent(content, descriptor, `${this.address}/${repository}`);
    await this.uploads.finish(session, descriptor, { body, sizeBytes: descriptor.size, signal });
  }

  /** Makes a blob of `from` appear in `repository` without sending it; false when the registry cannot. */
  async mountBlob(repository: string, digest: string, from: string, signal?: AbortSignal): Promise<boolean> {
    const mounted = await this.uploads.mount(repository, digest, from, signal);
    if (mounted === true) return true;
    await this.uploads.cancel(mounted, signal);
    return false;
  }

  /** The digest that a tag or digest stands for at the registry, or undefined. */
  async findManifest(repository: string, reference: string, signal?: AbortSignal): Promise<string | undefined> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const headers = { accept: manifestTypes.join(', ') };
    const answer = await absentAsUndefined(
      this.#transport.send({ method: 'HEAD', path, scope: scopeOf(repository), headers, signal }),
    );
    await answer?.body.dump();
    if (!answer) return undefined;
    const digest = header(answer, 'docker-content-digest');
    // The header is optional in the specification; without it the content itself tells.
    return isDigest(digest) ? digest : (await this.fetchManifest(repository, reference, signal)).descriptor.digest;
  }

  /** A manifest by tag or digest, its digest verified. */
  async fetchManifest(repository: string, reference: string, signal?: AbortSignal): Promise<Manifest> {
    const where = `${this.address}/${formatReference(repository, reference)}`;
    const answer = await this.#transport.send({
      method: 'GET',
      path: `/v2/${repository}/manifests/${reference}`,
      scope: scopeOf(repository),
      headers: { accept: manifestTypes.join(', ') },
      signal,
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > LONGEST_MANIFEST_BYTES)
        throw new GlobalctlError('PACKAGE_INVALID', {
          message: `${where}: a manifest of more than 4 MiB`,
          subject: where,
        });
      chunks.push(chunk);
    }
    const manifest = parseManifest(Buffer.concat(chunks), where, header(answer, 'content-type')?.split(';')[0]);
    const expected = isDigest(reference) ? reference : header(answer, 'docker-content-digest');
    if (isDigest(expected) && expected !== manifest.descriptor.digest)
      throw new GlobalctlError('PACKAGE_DIGEST_MISMATCH', {
        message: `${where}: the registry sent another manifest than it announced`,
        subject: where,
        expected,
        found: manifest.descriptor.digest,
      });
    return manifest;
  }

  /**
   * Stores a manifest under a tag or its own digest. Everything it points at must be there already. Throws REGISTRY_UNSOUND
   * when the registry says that it stored another one.
   */
  async pushManifest(
    repository: string,
    reference: string,
    manifest: Pick<Manifest, 'descriptor' | 'bytes'>,
    signal?: AbortSignal,
  ): Promise<void> {
    const answer = await this.#transport.send({
      method: 'PUT',
      path: `/v2/${repository}/manifests/${reference}`,
      scope: scopeOf(repository),
      headers: { 'content-type': manifest.descriptor.mediaType, 'content-length': String(manifest.bytes.length) },
      body: [manifest.bytes],
      signal,
    });
    await answer.body.dump();
    expectDigest(answer, manifest.descriptor.digest, `${this.address}/${formatReference(repository, reference)}`);
  }

  /** All tags of a repository; none when it does not exist. */
  async listTags(repository: string, signal?: AbortSignal): Promise<string[]> {
    return this.#listAll(`/v2/${repository}/tags/list`, 'tags', scopeOf(repository), signal);
  }

  /** All repositories that the registry tells of. */
  async listRepositories(signal?: AbortSignal): Promise<string[]> {
    return this.#listAll('/v2/_catalog', 'repositories', 'registry:catalog:*', signal);
  }

  async deleteManifest(repository: string, digest: string, signal?: AbortSignal): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`;
    const answer = await this.#transport.send({
      method: 'DELETE',
      path,
      scope: `repository:${repository}:delete,pull,push`,
      signal,
    });
    await answer.body.dump();
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Follows the Link header from page to page. Sorted here: registries list in the order of their disks. */
  async #listAll(first: string, field: string, scope: string, signal: Signal): Promise<string[]> {
    const items: string[] = [];
    for (let path: string | undefined = `${first}?n=${String(this.#pageSize)}`; path !== undefined;) {
      const answer: RegistryAnswer | undefined = await absentAsUndefined(
        this.#transport.send({ method: 'GET', path, scope, signal }),
      );
      if (!answer) break;
      const body = parseJsonObject(Buffer.from(await answer.body.text()), `${this.address}${path}`);
      const page = body[field];
      if (Array.isArray(page)) items.push(...page.filter((item): item is string => typeof item === 'string'));
      path = /<([^>]+)>;\s*rel="?next"?/.exec(header(answer, 'link') ?? '')?.[1];
    }
    return items.sort();
  }
}

function formatReference(repository: string, reference: string): string {
  return isDigest(reference) ? `${repository}@${reference}` : formatImageName({ repository, tag: reference });
}

/** What `pullChart` found: the chart archive as Helm wrote it, and the digest that its tag stood for. */
export interface PulledChart {
  readonly archive: Buffer;
  readonly manifestDigest: string;
}

/** The chart archive of a Helm OCI artifact. Throws PACKAGE_INVALID when the tag holds something else. */
export async function fetchChart(client: RegistryClient, name: ImageName, signal?: AbortSignal): Promise<PulledChart> {
  const manifest = await client.fetchManifest(name.repository, name.tag, signal);
  const layer = manifest.blobs.find((blob) => blob.mediaType === mediaTypes.chart);
  if (!layer)
    throw new GlobalctlError('PACKAGE_INVALID', {
      message: `${client.address}/${formatImageName(name)} is not a Helm chart`,
      subject: formatImageName(name),
      expected: `a layer of type ${mediaTypes.chart}`,
      found: manifest.configType ?? manifest.descriptor.mediaType,
    });
  return {
    archive: await client.fetchBlob(name.repository, layer, signal),
    manifestDigest: manifest.descriptor.digest,
  };
}
