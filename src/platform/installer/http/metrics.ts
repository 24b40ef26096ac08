import type { InstallerState } from '../state/index.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PREFIX = 'cpaas_installer';
/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 20];
const PHASE_STATES = ['Pending', 'Active', 'Stalled', 'Done'] as const;

type Labels = Readonly<Record<string, string>>;

/** How many requests came, how they ended and how long they took. */
export class RequestMetrics {
  readonly #requests = new Map<string, { readonly labels: Labels; count: number }>();
  readonly #durations = new Map<
    string,
    { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }
  >();

  /** `path` must be one of few: the known ones, or a word for all others. */
  observe(request: { method: string; path: string; status: number; seconds: number }): void {
    const { method, path, status, seconds } = request;
    const labels = { method, path, code: String(status) };
    const requests = upsert(this.#requests, labels, () => ({ labels, count: 0 }));
    requests.count++;
    const durations = upsert(this.#durations, { path }, () => ({
      labels: { path },
      counts: BUCKETS.map(() => 0),
      sum: 0,
      count: 0,
    }));
    for (const [index, bound] of BUCKETS.entries())
      if (seconds <= bound) durations.counts[index] = (durations.counts[index] ?? 0) + 1;
    durations.sum += seconds;
    durations.count++;
  }

  render(page: MetricsPage): void {
    page.family('http_requests_total', 'counter', 'Requests by their answers.');
    for (const { labels, count } of this.#requests.values()) page.sample('http_requests_total', labels, count);
    const name = 'http_request_duration_seconds';
    page.family(name, 'histogram', 'How long requests took.');
    for (const { labels, counts, sum, count } of this.#durations.values()) {
      for (const [index, bound] of BUCKETS.entries())
        page.sample(`${name}_bucket`, { ...labels, le: String(bound) }, counts[index] ?? 0);
      page.sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count);
      page.sample(`${name}_sum`, labels, sum);
      page.sample(`${name}_count`, labels, count);
    }
  }
}

/** A page in the text format of Prometheus. */
export class MetricsPage {
  #text = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.#text += `# HELP ${PREFIX}_${name} ${help}\n# TYPE ${PREFIX}_${name} ${type}\n`;
  }

  sample(name: string, labels: Labels, value: number): void {
    const escape = (text: string): string =>
      text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
    this.#text += `${PREFIX}_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${String(value)}\n`;
  }

  toString(): string {
    return this.#text;
  }
}

/** What the installation itself looks like; the same from every replica, but for who leads. */
export function renderInstallation(
  page: MetricsPage,
  state: InstallerState | undefined,
  now: { readonly leads: boolean; readonly nowMs: number; readonly heardMs: number | undefined },
): void {
  const gauge = (name: string, help: string, value: number): void => {
    page.family(name, 'gauge', help);
    page.sample(name, {}, value);
  };
  gauge('leader', 'Whether this replica does the work.', now.leads ? 1 : 0);
  gauge('state_age_seconds', 'Since the cluster last said how the state stands; -1 before it did.', age(now));
  gauge('requests_accepted', 'Requests that were accepted since the state was made.', state?.generation ?? 0);
  gauge('progress_percentage', 'How far the installation is, 0 to 100.', state?.percentage ?? 0);
  gauge('complete', 'Whether the installation is complete.', state?.completedAt === undefined ? 0 : 1);
  const phases = state?.phases ?? [];
  page.family('phase_state', 'gauge', 'Which state each phase is in.');
  for (const { id, state: current } of phases)
    for (const each of PHASE_STATES) page.sample('phase_state', { phase: id, state: each }, each === current ? 1 : 0);
  page.family('phase_attempts', 'gauge', 'Attempts of each phase, for this request.');
  for (const { id, attempts } of phases) page.sample('phase_attempts', { phase: id }, attempts);
  page.family('phase_duration_seconds', 'gauge', 'From the start of each phase to its end, or until now.');
  for (const { id, startedAt, endedAt } of phases)
    if (startedAt !== undefined) {
      const endMs = endedAt === undefined ? now.nowMs : Date.parse(endedAt);
      page.sample('phase_duration_seconds', { phase: id }, Math.max(0, endMs - Date.parse(startedAt)) / 1000);
    }
}

/** What Prometheus expects of any process. */
export function renderProcess(page: MetricsPage): void {
  page.family('resident_memory_bytes', 'gauge', 'Memory of this process.');
  page.sample('resident_memory_bytes', {}, process.memoryUsage.rss());
  page.family('uptime_seconds', 'gauge', 'Since this process began.');
  page.sample('uptime_seconds', {}, Math.round(process.uptime()));
}

function age({ nowMs, heardMs }: { readonly nowMs: number; readonly heardMs: number | undefined }): number {
  return heardMs === undefined ? -1 : Math.max(0, nowMs - heardMs) / 1000;
}

function upsert<T>(map: Map<string, T>, key: Labels, make: () => T): T {
  const id = JSON.stringify(key);
  const present = map.get(id);
  if (present !== undefined) return present;
  const made = make();
  map.set(id, made);
  return made;
}
