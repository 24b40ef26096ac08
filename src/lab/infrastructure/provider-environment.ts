import { isKubeReason, resources } from '../../kube/index.ts';
import type { ControllerEnvironment, Secret } from '../capi/index.ts';
import type { Iaas } from './iaas/index.ts';

export interface ProviderEnvironment extends ControllerEnvironment {
  readonly iaas: Iaas;
}

/** Why a provider cannot go on: the reason and message of a false condition. */
export interface Obstacle {
  readonly reason: string;
  readonly message: string;
  readonly severity: 'Error' | 'Warning' | 'Info';
  /** Look again after this time; when absent only a change of an object helps. */
  readonly retryAfterMs?: number;
}

export function isObstacle(value: unknown): value is Obstacle {
  return typeof value === 'object' && value !== null && 'reason' in value && 'severity' in value;
}

export const RETRY_MS = 30_000;

/** Decodes a credential Secret and demands some keys of it; what is wrong comes back as an obstacle. */
export async function readCredentials<K extends string>(
  environment: ProviderEnvironment,
  secret: { readonly name: string; readonly namespace: string },
  required: readonly K[],
): Promise<(Record<K, string> & Readonly<Record<string, string | undefined>>) | Obstacle> {
  const { client, signal } = environment;
  let found: Secret | undefined;
  try {
    found = await client.find<Secret>(resources.secrets, secret, signal);
  } catch (error) {
    if (!isKubeReason(error, 'Forbidden')) throw error;
    return { reason: 'CredentialsUnavailable', severity: 'Error', message: error.message, retryAfterMs: RETRY_MS };
  }
  if (!found)
    return {
      reason: 'CredentialsUnavailable',
      severity: 'Error',
      message: `secrets "${secret.name}" not found`,
      retryAfterMs: RETRY_MS,
    };
  const values: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(found.data ?? {}))
    values[key] = Buffer.from(value, 'base64').toString('utf8');
  const missing = required.filter((key) => (values[key] ?? '') === '');
  if (missing.length > 0)
    return {
      reason: 'CredentialsInvalid',
      severity: 'Error',
      message: `secret ${secret.namespace}/${secret.name} has no value for ${missing.join(', ')}`,
      retryAfterMs: RETRY_MS,
    };
  return values as Record<K, string> & Record<string, string | undefined>;
}
