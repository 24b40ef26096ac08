import { GlobalctlError } from '../../base/index.ts';

export interface ReleaseRef {
  readonly name: string;
  readonly namespace: string;
}

/** A release as `helm list -o json` shows it. */
export interface ReleaseSummary {
  readonly name: string;
  readonly namespace: string;
  /** Revision number of the release, counted by Helm. */
  readonly revision: number;
  readonly status: string;
  /** `<chart name>-<chart version>`. */
  readonly chart: string;
  readonly appVersion: string;
}

/** A release as `helm status -o json`, and `helm upgrade -o json`, show it. */
export interface ReleaseStatus {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, superseded. */
  readonly status: string;
  readonly description: string;
  /** What was rendered, as YAML documents, without the hooks. */
  readonly manifest: string;
  /** The manifests of the hooks, one YAML document each. */
  readonly hooks: readonly string[];
}

/** Throws COMMAND_FAILED when Helm's answer is not JSON. */
export function parseHelmJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new GlobalctlError('COMMAND_FAILED', {
      message: 'helm answered something that is not JSON',
      subject: 'helm',
      found: text.slice(0, 200),
      cause: error,
    });
  }
}

export function parseReleaseStatus(text: string): ReleaseStatus {
  const raw = parseHelmJson<{
    name: string;
    namespace: string;
    version: number;
    manifest?: string;
    hooks?: { manifest?: string }[] | null;
    info?: { status?: string; description?: string };
  }>(text);
  return {
    name: raw.name,
    namespace: raw.namespace,
    revision: raw.version,
    status: raw.info?.status ?? 'unknown',
    description: raw.info?.description ?? '',
    manifest: raw.manifest ?? '',
    hooks: (raw.hooks ?? []).map((hook) => hook.manifest ?? ''),
  };
}

/** `helm list -o json`, where every number is a text. */
export function parseReleaseList(text: string): ReleaseSummary[] {
  return parseHelmJson<Record<string, string>[]>(text).map((item) => ({
    name: item['name'] ?? '',
    namespace: item['namespace'] ?? '',
    revision: Number(item['revision']),
    status: item['status'] ?? '',
    chart: item['chart'] ?? '',
    appVersion: item['app_version'] ?? '',
  }));
}
