import type { Exchange } from './exchange.ts';

/** What `/healthz`, `/livez` and `/readyz` look at. The lab serves only when it can; so every check passes. */
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  healthz: ['ping', 'log', 'etcd'],
  livez: ['ping', 'log', 'etcd'],
  readyz: ['ping', 'log', 'etcd', 'informer-sync', 'shutdown'],
};

export interface HealthPath {
  readonly endpoint: string;
  /** One check alone, `/livez/etcd`. */
  readonly check: string | undefined;
}

/** All addresses of health, for the list of addresses. */
export const healthPaths: readonly string[] = Object.entries(CHECKS).flatMap(([endpoint, checks]) => [
  `/${endpoint}`,
  ...checks.map((check) => `/${endpoint}/${check}`),
]);

/** undefined for an address that is none of health, and for checks that do not exist. */
export function healthPath(path: string): HealthPath | undefined {
  const [endpoint = '', check, ...rest] = path.slice(1).split('/');
  const checks = Object.hasOwn(CHECKS, endpoint) ? CHECKS[endpoint] : undefined;
  if (!checks || rest.length > 0) return undefined;
  if (check === undefined || check === '') return { endpoint, check: undefined };
  return checks.includes(check) ? { endpoint, check } : undefined;
}

/** `ok`, or with `verbose` each check, those of `exclude` marked, as kube-apiserver lists them. */
export function sendHealth(exchange: Exchange, { endpoint, check }: HealthPath): void {
  if (check !== undefined || !exchange.query.has('verbose')) {
    exchange.sendText(200, 'ok');
    return;
  }
  const excluded = exchange.query.getAll('exclude');
  const lines = (CHECKS[endpoint] ?? []).map((name) => `[+]${name} ${excluded.includes(name) ? 'excluded: ok' : 'ok'}`);
  exchange.sendText(200, `${[...lines, `${endpoint} check passed`].join('\n')}\n`);
}
