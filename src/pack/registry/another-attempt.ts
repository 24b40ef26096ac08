import { isGlobalctlError } from '../../base/index.ts';
import { RegistryError } from './transport.ts';

/** The network's errors and those that a registry's overload or restart gives. */
export function isWorthAnotherAttempt(error: unknown): boolean | { readonly delayMs: number } {
  if (isGlobalctlError(error, 'REGISTRY_UNREACHABLE')) return true;
  if (!(error instanceof RegistryError)) return false;
  if (error.status < 500 && error.status !== 408 && error.status !== 429) return false;
  return error.retryAfterMs === undefined ? true : { delayMs: Math.min(error.retryAfterMs, 60_000) };
}
