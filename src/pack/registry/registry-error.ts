import { GlobalctlError, type ErrorCode } from '../../base/index.ts';

/** What a registry said with its refusal. */
interface Refusal {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly isFull: boolean;
}

/** An answer of a registry that is not a success; `status` and `registryCode` (BLOB_UNKNOWN, DENIED ...) are branched on. */
export class RegistryError extends GlobalctlError {
  readonly status: number;
  readonly registryCode: string | undefined;
  /** What the server's Retry-After asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(words: string, answer: { status: number; retryAfterMs?: number | undefined }, text: string) {
    const refusal = parseRefusal(text);
    const { code, message } = refusal;
    super(kindOf(answer.status, refusal), {
      message: `${words}: ${[String(answer.status), code, message].filter((part) => part !== undefined && part !== '').join(' ')}`,
      subject: words,
    });
    this.status = answer.status;
    this.registryCode = code;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

function kindOf(status: number, { isFull }: Refusal): ErrorCode {
  if (status === 507 || isFull) return 'REGISTRY_FULL';
  switch (status) {
    case 401:
    case 403:
      return 'REGISTRY_DENIED';
    case 404:
      return 'REGISTRY_NOT_FOUND';
    case 413:
      return 'REGISTRY_LIMIT';
    default:
      return 'REGISTRY_ERROR';
  }
}

/** ENOSPC and EDQUOT of Linux: docker-registry answers 500 and hands on the number, or the words of the system. */
const FULL_ERRNOS: readonly unknown[] = [28, 122];
const FULL_WORDS = /no space left on device|disk quota exceeded/;

function saysFull(detail: unknown): boolean {
  if (typeof detail === 'string') return FULL_WORDS.test(detail);
  const { Enclosed } = (detail ?? {}) as { Enclosed?: { Err?: unknown } };
  return FULL_ERRNOS.includes(Enclosed?.Err);
}

/** The first entry of the error body that the distribution specification defines. */
function parseRefusal(text: string): Refusal {
  try {
    const body = JSON.parse(text) as { errors?: { code?: string; message?: string; detail?: unknown }[] };
    const first = body.errors?.[0];
    if (first) return { code: first.code, message: first.message, isFull: saysFull(first.detail) };
  } catch {
    // A proxy or a load balancer answered; its words are shown instead.
  }
  return { code: undefined, message: text.slice(0, 200).trim(), isFull: false };
}

/** A Retry-After header: seconds or an HTTP date, RFC 9110 section 10.2.3. */
export function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Errors of ours that a body stream threw pass as they are; anything else is the network. */
export function unreachable(error: unknown, words: string, signal: AbortSignal | undefined): GlobalctlError {
  const reasons: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e instanceof GlobalctlError) return e;
    if (e instanceof AggregateError && e.message === '') reasons.push(...e.errors.map(String));
    else reasons.push(e.message);
  }
  if (signal?.aborted) return new GlobalctlError('CANCELLED', { message: `interrupted: ${words}`, cause: error });
  return new GlobalctlError('REGISTRY_UNREACHABLE', {
    message: `${words}: ${[...new Set(reasons)].filter((r) => r !== '').join(': ') || String(error)}`,
    subject: words,
    cause: error,
  });
}
