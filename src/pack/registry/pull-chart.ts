import { retry, systemClock, type Clock } from '../../base/index.ts';
import { isWorthAnotherAttempt } from './another-attempt.ts';
import { chartTag } from '../oci/reference.ts';
import type { RegistryAccess } from './access.ts';
import { fetchChart, RegistryClient, type PulledChart } from './client.ts';

/**
 * Fetches a chart archive from a registry. `name` is the repository (`ait/chart-cluster-api-provider-dcs`), `version` the
 * chart's version; its tag has `_` for `+`. Transient failures are retried a few times. Throws RegistryError,
 * REGISTRY_UNREACHABLE, PACKAGE_INVALID or PACKAGE_DIGEST_MISMATCH.
 */
export async function pullChart(options: {
  readonly registry: RegistryAccess;
  readonly name: string;
  readonly version: string;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<PulledChart> {
  const { registry, name, version, clock = systemClock, signal } = options;
  const client = new RegistryClient(registry);
  try {
    return await retry(
      { policy: { attempts: 3, firstDelayMs: 200, maxDelayMs: 1000 }, clock, signal, retryable: isWorthAnotherAttempt },
      () => fetchChart(client, { repository: name, tag: chartTag(version) }, signal),
    );
  } finally {
    await client.close();
  }
}
