import { request, Agent, ProxyAgent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { GlobalctlError, isGlobalctlError } from '../../base/index.ts';
import { fieldAt, KubeApiError, PLATFORM_NAMESPACE, resources, textAt, type KubeClient } from '../../kube/index.ts';

/** What the synchronizer's monitor answers to `GET /check`, as far as it matters here. Keys are those of etcd. */
const checkSchema = z.object({
  time: z.string(),
  consistent: z.boolean(),
  counts: z.object({ missed: z.number(), surplus: z.number(), unlike: z.number() }),
  missed: z.array(z.string()),
  surplus: z.array(z.string()),
  unlike: z.array(z.string()),
  askedRevision: z.number(),
  sourceRevision: z.number(),
  keys: z.number().optional(),
  secrets: z.object({ state: z.string(), reason: z.string().optional() }).optional(),
});

export type SyncCheck = Readonly<z.infer<typeof checkSchema>>;

/** What the monitor still knows when the sides cannot be compared, as when the active one is gone. */
const unableSchema = z.object({
  message: z.string().optional(),
  synced: z.object({ revision: z.number(), time: z.string() }).optional(),
  lastCheck: checkSchema.optional().catch(undefined),
});

export interface SyncUnable {
  /** Why both sides cannot be compared now. */
  readonly reason: string;
  /** Up to which revision of the active side, written when, the standby shows everything. */
  readonly synced?: { readonly revision: number; readonly time: string } | undefined;
  readonly lastCheck?: SyncCheck | undefined;
}

/** Lag and health, from the metrics; a figure that the monitor does not give is absent. */
export type SyncMetrics = ReadonlyMap<string, number>;

const SERVICE = 'etcd-sync-monitor';
/** A check may wait for the standby to catch up, and walks every key of both sides. */
const CHECK_TIMEOUT_MS = 120_000;

export interface MonitorPlace {
  /** The side that the synchronizer runs on. */
  readonly client: KubeClient;
  /** Proxy of the site, through which Pods are reached where the API server forwards no requests. */
  readonly proxyUrl?: string | undefined;
  readonly signal: AbortSignal;
}

/** Compares both sides now. Throws DR_SYNC when the monitor does not answer or cannot compare. */
export async function checkSync(place: MonitorPlace): Promise<SyncCheck> {
  const result = await askCheck(place);
  if ('consistent' in result) return result;
  throw new GlobalctlError('DR_SYNC', {
    message: `the synchronizer could not compare the two sides: ${result.reason}`,
    subject: `GET /check of Service ${PLATFORM_NAMESPACE}/${SERVICE}`,
    expected: 'HTTP 200 with the result of a comparison',
  });
}

/** The comparison, or what the monitor can say without one. Throws DR_SYNC when it does not answer at all. */
export async function askCheck(place: MonitorPlace): Promise<SyncCheck | SyncUnable> {
  const { status, text } = await ask(place, '/check');
  const body = parseJson(text);
  const compared = status === 200 ? checkSchema.safeParse(body) : undefined;
  if (compared?.success === true) return compared.data;
  const known = unableSchema.safeParse(body);
  if (!known.success) return { reason: `HTTP ${String(status)}: ${text.slice(0, 400)}` };
  const { message, synced, lastCheck } = known.data;
  return { reason: message ?? `HTTP ${String(status)}: ${text.slice(0, 400)}`, synced, lastCheck };
}

/** The metrics that the monitor shows, by name without labels; of several series the largest value. */
export async function readSyncMetrics(place: MonitorPlace): Promise<SyncMetrics> {
  const { status, text } = await ask(place, '/metrics');
  if (status !== 200)
    throw new GlobalctlError('DR_SYNC', {
      message: 'the synchronizer shows no metrics',
      found: `HTTP ${String(status)}`,
    });
  return parseMetrics(text);
}

export function parseMetrics(text: string): SyncMetrics {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(\S+)/.exec(line);
    const value = Number(match?.[2]);
    if (!match?.[1] || Number.isNaN(value)) continue;
    values.set(match[1], Math.max(value, values.get(match[1]) ?? -Infinity));
  }
  return values;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Through the API server, as from anywhere; where that forwards no requests, straight to the Pod behind the Service. */
async function ask(place: MonitorPlace, path: string): Promise<Answer> {
  const { client, signal } = place;
  const through = `/api/v1/namespaces/${PLATFORM_NAMESPACE}/services/${SERVICE}/proxy${path}`;
  try {
    const body = await client.request('GET', through, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]),
    });
    return { status: 200, text: typeof body === 'string' ? body : JSON.stringify(body) };
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof KubeApiError) && !isGlobalctlError(error, 'KUBE_UNREACHABLE')) throw error;
    try {
      return await askPod(place, path);
    } catch (second) {
      // What the API server forwarded was an answer, if no good one.
      if (error instanceof KubeApiError && error.status.code === 503 && !signal.aborted)
        return { status: 503, text: error.message };
      throw second;
    }
  }
}

async function askPod({ client, proxyUrl, signal }: MonitorPlace, path: string): Promise<Answer> {
  const pods = await client.list(resources.pods, {
    namespace: PLATFORM_NAMESPACE,
    labelSelector: 'app=etcd-sync',
    signal,
  });
  const service = await client.find(resources.services, { name: SERVICE, namespace: PLATFORM_NAMESPACE }, signal);
  const port = fieldAt(service, 'spec', 'ports', 0, 'targetPort');
  const addresses = pods.items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && textAt(pod, 'status', 'phase') === 'Running')
    .flatMap((pod) => textAt(pod, 'status', 'podIP') ?? []);
  if (addresses.length === 0 || typeof port !== 'number')
    throw new GlobalctlError('DR_SYNC', {
      message: addresses.length === 0 ? 'no Pod app=etcd-sync runs' : `Service ${SERVICE} names no port of its Pods`,
      subject: client.server,
    });
  const dispatcher: Dispatcher =
    proxyUrl === undefined ? new Agent() : new ProxyAgent({ uri: proxyUrl, proxyTunnel: true });
  let last: unknown;
  let answered: Answer | undefined;
  try {
    for (const address of addresses)
      try {
        const host = address.includes(':') ? `[${address}]` : address;
        const answer = await request(`http://${host}:${String(port)}${path}`, {
          dispatcher,
          headers: { accept: 'application/json' },
          signal: AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]),
          headersTimeout: CHECK_TIMEOUT_MS,
        });
        const text = await answer.body.text();
        // A replica that does not lead may not know; the next one is asked.
        if (answer.statusCode === 200) return { status: 200, text };
        answered = { status: answer.statusCode, text };
      } catch (error) {
        if (signal.aborted) throw error;
        last = error;
      }
  } finally {
    await dispatcher.close();
  }
  if (answered) return answered;
  throw new GlobalctlError('DR_SYNC', {
    message: `the monitor of the synchronizer does not answer: ${last instanceof Error ? last.message : String(last)}`,
    subject: `GET ${path} of Pods app=etcd-sync in ${PLATFORM_NAMESPACE}`,
    found: addresses.join(', '),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
