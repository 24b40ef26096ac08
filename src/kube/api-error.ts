import { GlobalctlError } from '../base/index.ts';

/** The Status object of the Kubernetes API, as far as clients branch on it. */
export interface KubeStatus {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message: string;
  reason: string;
  code: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

/** An answer of the API server that is not a success. `reason` is what to branch on (NotFound, Conflict, ...). */
export class KubeApiError extends GlobalctlError {
  readonly status: KubeStatus;

  constructor(status: KubeStatus, request: string) {
    super('KUBE_API', {
      message: status.message,
      subject: request,
      found: `${String(status.code)} ${status.reason}`,
    });
    this.status = status;
  }

  get reason(): string {
    return this.status.reason;
  }
}

export function isKubeReason(error: unknown, ...reasons: readonly string[]): error is KubeApiError {
  return error instanceof KubeApiError && reasons.includes(error.reason);
}
