import { GlobalctlError } from '../../base/index.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { expectDigest, repositoryScope } from './answers.ts';
import { RegistryError } from './registry-error.ts';
import { headerOf, type RegistryAnswer, type RegistryTransport } from './transport.ts';

/** An upload that a registry has opened. Each answer moves it on: only the newest value may be used. */
export interface UploadSession {
  readonly repository: string;
  /** Absolute URL that takes the next bytes. */
  readonly location: string;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** The smallest chunk that the registry takes, but for the last (OCI-Chunk-Min-Length); 0 when it does not say. */
  readonly minChunkBytes: number;
}

/** Bytes of a blob on their way, and who is told of them. */
export interface Sending {
  readonly body: readonly Uint8Array[] | AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
  readonly onSent?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Uploads of blobs as the distribution specification has them: whole, in chunks, resumed, mounted. Nothing is retried here. */
export class Uploads {
  readonly #transport: RegistryTransport;

  constructor(transport: RegistryTransport) {
    this.#transport = transport;
  }

  async open(repository: string, signal?: AbortSignal): Promise<UploadSession> {
    const answer = await this.#post(repository, '', repositoryScope(repository), signal);
    return this.#sessionOf(repository, answer, 0, 0);
  }

  /**
   * Asks the registry to let `repository` see a blob of `from` without sending it: true when it does. A registry that cannot
   * opens an upload instead, which is returned for use.
   */
  async mount(repository: string, digest: string, from: string, signal?: AbortSignal): Promise<true | UploadSession> {
    const query = new URLSearchParams({ mount: digest, from }).toString();
    const scope = `${repositoryScope(repository)} repository:${from}:pull`;
    const answer = await this.#post(repository, `?${query}`, scope, signal);
    if (answer.status !== 201) return this.#sessionOf(repository, answer, 0, 0);
    expectDigest(answer, digest, `${this.#transport.address}/${repository}`);
    return true;
  }

  /** An upload of an earlier connection or process, as far as the registry has it; undefined when it knows it no more. */
  async resume(repository: string, location: string, signal?: AbortSignal): Promise<UploadSession | undefined> {
    try {
      const answer = await this.#transport.send({
        method: 'GET',
        path: location,
        scope: repositoryScope(repository),
        signal,
      });
      await answer.body.dump();
      return this.#sessionOf(repository, answer, 0, 0, location);
    } catch (error) {
      if (error instanceof RegistryError && (error.status === 404 || error.status === 410)) return undefined;
      throw error;
    }
  }

  /** Sends the next chunk. The session that comes back says how much of it the registry took. */
  async append(session: UploadSession, sending: Sending): Promise<UploadSession> {
    const { repository, offset, minChunkBytes } = session;
    const answer = await this.#transport.send({
      method: 'PATCH',
      path: session.location,
      scope: repositoryScope(repository),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(sending.sizeBytes),
        'content-range': `${String(offset)}-${String(offset + sending.sizeBytes - 1)}`,
      },
      body: sending.body,
      onSent: sending.onSent,
      signal: sending.signal,
    });
    await answer.body.dump();
    return this.#sessionOf(repository, answer, offset + sending.sizeBytes, minChunkBytes);
  }

  /** Sends what is left, and has the registry check the whole. Throws REGISTRY_UNSOUND when it stored another content. */
  async finish(session: UploadSession, descriptor: Descriptor, sending: Sending): Promise<void> {
    const { repository, location, offset } = session;
    const { digest } = descriptor;
    const answer = await this.#transport.send({
      method: 'PUT',
      path: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
      scope: repositoryScope(repository),
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(sending.sizeBytes),
        ...(offset > 0 &&
          sending.sizeBytes > 0 && {
            'content-range': `${String(offset)}-${String(offset + sending.sizeBytes - 1)}`,
          }),
      },
      body: sending.body,
      onSent: sending.onSent,
      signal: sending.signal,
    });
    await answer.body.dump();
    expectDigest(answer, digest, `${this.#transport.address}/${repository}`);
  }

  /** Has the registry throw away what it has of an upload; one that it knows no more is gone already. */
  async cancel(session: UploadSession, signal?: AbortSignal): Promise<void> {
    try {
      const { location: path, repository } = session;
      const answer = await this.#transport.send({ method: 'DELETE', path, scope: repositoryScope(repository), signal });
      await answer.body.dump();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }

  /** Whether the registry takes an upload itself; addresses elsewhere may carry a right to write and are kept by nobody. */
  isOwn(session: UploadSession): Promise<boolean> {
    return this.#transport.isOwn(session.location);
  }

  async #post(
    repository: string,
    query: string,
    scope: string,
    signal: AbortSignal | undefined,
  ): Promise<RegistryAnswer> {
    const path = `/v2/${repository}/blobs/uploads/${query}`;
    const headers = { 'content-length': '0' };
    const answer = await this.#transport.send({ method: 'POST', path, scope, headers, signal });
    await answer.body.dump();
    return answer;
  }

  #sessionOf(
    repository: string,
    answer: RegistryAnswer,
    offset: number,
    minChunkBytes: number,
    former?: string,
  ): UploadSession {
    const location = headerOf(answer, 'location') ?? former;
    if (location === undefined)
      throw new GlobalctlError('REGISTRY_ERROR', {
        message: `${this.#transport.address}/${repository}: the registry took an upload without saying where it goes on`,
        subject: repository,
        expected: 'a Location header',
      });
    const minimum = Number(headerOf(answer, 'oci-chunk-min-length') ?? minChunkBytes);
    return {
      repository,
      location: new URL(location, answer.url).href,
      offset: offsetOf(headerOf(answer, 'range')) ?? offset,
      minChunkBytes: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0,
    };
  }
}

/** How many bytes a Range header of an upload tells of. `0-0` is what registries say of an empty one. */
function offsetOf(range: string | undefined): number | undefined {
  const last = Number(/^(?:bytes[ =])?0-(\d+)$/.exec(range ?? '')?.[1] ?? NaN);
  if (Number.isNaN(last)) return undefined;
  return last === 0 ? 0 : last + 1;
}
