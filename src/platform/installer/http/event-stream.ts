import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../../base/index.ts';
import type { AccessKeeper } from '../access-keeper.ts';
import { harmless, progressOf } from '../progress.ts';
import type { StateView } from '../state/index.ts';
import { refuse } from './answers.ts';
import { paths } from './paths.ts';

const MOST_READERS = 100;
/** Proxies cut connections on which nothing comes. */
const HEARTBEAT_MS = 15_000;

/**
 * The events of the installation, as Server-Sent Events: `event: phase` for each entry of the journal, with its number as the id,
 * and `event: progress` with the body of the progress whenever it changes. A reader who comes back with Last-Event-ID, to
 * whichever replica, gets what it missed, as far as the journal reaches.
 */
export function serveEvents(
  server: FastifyInstance,
  options: {
    readonly view: StateView;
    readonly access: AccessKeeper;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): void {
  const { view, access, clock, signal } = options;
  let readers = 0;
  server.get(paths.events, { exposeHeadRoute: false }, (request, reply) => {
    if (view.contactMs === undefined) return refuse(reply, 503);
    if (readers >= MOST_READERS) return refuse(reply, 429);
    readers++;
    reply.hijack();
    const reader = new Reader(reply.raw, view, lastEventId(request.headers['last-event-id']));
    const closed = new AbortController();
    // Whoever followed with a token that has been replaced comes back with the new one, or not at all.
    const stopListening = access.onChange(() => closed.abort());
    reply.raw.once('close', () => {
      readers--;
      closed.abort();
      stopListening();
      reader.stop();
    });
    void beat(reply.raw, clock, AbortSignal.any([signal, closed.signal]));
    return reply;
  });
}

function lastEventId(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0;
}

async function beat(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The sleep throws for no other reason than the signal, which the loop looks at.
    await clock.sleep(HEARTBEAT_MS, signal).catch(() => undefined);
    if (!signal.aborted && !response.writableNeedDrain) response.write(': still here\n\n');
  }
  response.end();
}

/** One connection. What a slow reader has not taken yet is not piled up: it then gets the newest. */
class Reader {
  readonly #response: ServerResponse;
  readonly #view: StateView;
  readonly stop: () => void;
  #seen: number;
  #progress = '';

  constructor(response: ServerResponse, view: StateView, lastSeen: number) {
    this.#response = response;
    this.#view = view;
    this.#seen = lastSeen;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 2000\n\n');
    this.stop = view.onChange(() => this.#send());
    response.on('drain', () => this.#send());
    this.#send();
  }

  #send(): void {
    if (this.#response.writableNeedDrain || this.#response.writableEnded) return;
    const { state } = this.#view;
    const journal = state?.journal ?? [];
    // A state that was deleted and begun anew counts from one again.
    if (this.#seen > (journal.at(-1)?.seq ?? 0)) this.#seen = 0;
    for (const entry of journal) {
      if (entry.seq <= this.#seen) continue;
      const data = JSON.stringify({ ...entry, message: harmless(entry.message) });
      this.#response.write(`id: ${String(entry.seq)}\nevent: phase\ndata: ${data}\n\n`);
      this.#seen = entry.seq;
    }
    const progress = JSON.stringify(progressOf(state));
    if (progress === this.#progress) return;
    this.#progress = progress;
    this.#response.write(`event: progress\ndata: ${progress}\n\n`);
  }
}
