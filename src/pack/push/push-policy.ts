import type { RetryPolicy } from '../../base/index.ts';

/** How often and for how long a push asks again: half a minute in all, which a registry's restart takes. */
export const RETRIES: RetryPolicy = { attempts: 8, firstDelayMs: 500, maxDelayMs: 8000 };
