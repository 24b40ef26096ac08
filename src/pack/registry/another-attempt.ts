import { isGlobalctlError } from '../../base/index.ts';
import { RegistryError } from './registry-error.ts';

/** What a repetition does not change: not implemented, no such version of HTTP, no space, a loop, a login to the network. */
const LASTING = [501, 505, 507, 508, 511];

/** The network's errors and those that a registry's overload or restart gives. */
export function isWorthAnotherAttempt(error: unknown): boolean | { readonly delayMs: number } {
  if (isGlobalctlError(error, 'REGISTRY_UNREACHABLE')) return true;
  if (!(error instanceof RegistryError)) return false;
  if (error.status < 500 && ![408, 425, 429].includes(error.status)) return false;
  if (error.code === 'REGISTRY_FULL' || LASTING.includes(error.status)) return false;
  return error.retryAfterMs === undefined ? true : { delayMs: Math.min(error.retryAfterMs, 60_000) };
}
