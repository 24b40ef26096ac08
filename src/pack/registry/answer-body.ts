import type { Dispatcher } from 'undici';
import { unreachable } from './registry-error.ts';

/** The body of an answer, to be consumed once. What breaks while it is read is REGISTRY_UNREACHABLE or CANCELLED, too. */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #body: Dispatcher.ResponseData['body'];
  readonly #words: string;
  readonly #signal: AbortSignal | undefined;

  constructor(body: Dispatcher.ResponseData['body'], words: string, signal: AbortSignal | undefined) {
    this.#body = body;
    this.#words = words;
    this.#signal = signal;
  }

  /** Reads the body to its end and forgets it, so that the connection is free again. */
  dump(): Promise<void> {
    return this.#orUnreachable(this.#body.dump());
  }

  text(): Promise<string> {
    return this.#orUnreachable(this.#body.text());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const reader = (this.#body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#orUnreachable(reader.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      // Whoever stops early has no use for the rest of the connection's answer.
      this.#body.destroy();
    }
  }

  async #orUnreachable<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw unreachable(error, this.#words, this.#signal);
    }
  }
}
