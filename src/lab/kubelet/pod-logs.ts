/** The options of a `pods/log` request, as far as the text depends on them. */
export interface LogQuery {
  readonly container?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly previous?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly limitBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Line {
  readonly timeMs: number;
  readonly text: string;
}

/** A container's log is cut at this many lines, as log rotation would; a rehearsal must not grow without bound. */
const MAX_LINES = 5000;

class ContainerLog {
  lines: Line[] = [];
  readonly followers = new Set<(line: Line | undefined) => void>();

  append(line: Line): void {
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.splice(0, this.lines.length - MAX_LINES);
    for (const follower of this.followers) follower(line);
  }

  end(): void {
    for (const follower of this.followers) follower(undefined);
    this.followers.clear();
  }
}

/** The logs of all containers of one cluster, kept in memory for `kubectl logs`. */
export class PodLogStore {
  readonly #current = new Map<string, Map<string, ContainerLog>>();
  readonly #previous = new Map<string, ContainerLog>();

  /** Begins the log of a container that starts; what it had before becomes its previous log. */
  start(pod: string, container: string): void {
    const containers = this.#current.get(pod) ?? new Map<string, ContainerLog>();
    this.#current.set(pod, containers);
    const old = containers.get(container);
    old?.end();
    if (old) this.#previous.set(`${pod}/${container}`, old);
    containers.set(container, new ContainerLog());
  }

  append(pod: string, container: string, text: string, timeMs: number): void {
    const log = this.#current.get(pod)?.get(container);
    for (const line of text.split('\n')) log?.append({ timeMs, text: line });
  }

  /** Forgets a Pod (`namespace/name`) that is gone. */
  remove(pod: string): void {
    for (const [container, log] of this.#current.get(pod) ?? []) {
      log.end();
      this.#previous.delete(`${pod}/${container}`);
    }
    this.#current.delete(pod);
  }

  /** The log's text, with `follow` as an iterable that ends with the container; undefined when the container has not started. */
  read(pod: string, query: LogQuery, nowMs: number): string | AsyncIterable<string> | undefined {
    const containers = this.#current.get(pod);
    const name = query.container ?? containers?.keys().next().value ?? '';
    const log = query.previous === true ? this.#previous.get(`${pod}/${name}`) : containers?.get(name);
    if (!log) return undefined;
    const since = sinceOf(query, nowMs);
    let lines = since === undefined ? log.lines : log.lines.filter((line) => line.timeMs >= since);
    if (query.tailLines !== undefined) lines = query.tailLines === 0 ? [] : lines.slice(-query.tailLines);
    const format = ({ timeMs, text }: Line): string =>
      `${query.timestamps === true ? `${new Date(timeMs).toISOString()} ` : ''}${text}\n`;
    const text = lines.map(format).join('');
    if (query.follow === true && query.previous !== true) return followLog(log, text, format, query.signal);
    return query.limitBytes === undefined ? text : text.slice(0, query.limitBytes);
  }
}

function sinceOf(query: LogQuery, nowMs: number): number | undefined {
  if (query.sinceTime !== undefined) return Date.parse(query.sinceTime);
  return query.sinceSeconds === undefined ? undefined : nowMs - query.sinceSeconds * 1000;
}

async function* followLog(
  log: ContainerLog,
  past: string,
  format: (line: Line) => string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const waiting: (Line | undefined)[] = [];
  let wake: () => void = () => undefined;
  const follower = (line: Line | undefined): void => {
    waiting.push(line);
    wake();
  };
  const onAbort = (): void => follower(undefined);
  log.followers.add(follower);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (past !== '') yield past;
    for (;;) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const line = waiting.shift();
      if (!line) return;
      yield format(line);
    }
  } finally {
    log.followers.delete(follower);
    signal?.removeEventListener('abort', onAbort);
  }
}
