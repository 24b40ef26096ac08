import type { IncomingMessage } from 'node:http';
import { unreachable } from './registry-error.ts';

/** The body of an answer, to be consumed once. What breaks while it is read is REGISTRY_UNREACHABLE or CANCELLED, too. */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #message: IncomingMessage;
  readonly #words: string;
  readonly #signal: AbortSignal | undefined;

  constructor(message: IncomingMessage, words: string, signal: AbortSignal | undefined) {
    this.#message = message;
    this.#words = words;
    this.#signal = signal;
  }

  /** Reads the body to its end and forgets it, so that the connection is free again. */
  async dump(): Promise<void> {
    for await (const part of this) void part;
  }

  async text(): Promise<string> {
    const parts: Uint8Array[] = [];
    for await (const part of this) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  }

  /** Whoever stops early has no use for the rest: the connection is cut. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* this.#message as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw unreachable(error, this.#words, this.#signal);
    }
  }
}
