import type { ServerResponse } from 'node:http';

/**
 * The answers that a server has begun and not yet brought to their end. Node counts a connection as idle, and closes it with the server, as
 * soon as its answer has been written, whether or not it has been sent.
 */
export class AnswersUnderWay {
  readonly #responses = new Set<ServerResponse>();

  add(response: ServerResponse): void {
    this.#responses.add(response);
    response.once('close', () => this.#responses.delete(response));
  }

  /** Resolves when every answer is out or its client is gone, at the latest after that time. */
  async settled(timeoutMs: number): Promise<void> {
    const closed = [...this.#responses].map((response) => new Promise((resolve) => response.once('close', resolve)));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.all(closed), timeout]);
    clearTimeout(timer);
  }
}
