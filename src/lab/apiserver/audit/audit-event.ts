import type { UserInfo } from '../user-info.ts';
import type { RequestInfo } from '../http/request-info.ts';

/** What is known of a request once it has been answered. */
export interface AuditedRequest {
  readonly id: string;
  readonly method: string;
  /** Path and query, as sent. */
  readonly uri: string;
  /** undefined when its credentials were refused. */
  readonly user: UserInfo | undefined;
  readonly impersonated: UserInfo | undefined;
  /** undefined for addresses that are no resources. */
  readonly info: RequestInfo | undefined;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly code: number;
  readonly receivedMs: number;
  readonly answeredMs: number;
}

/** An Event of audit.k8s.io/v1, level Metadata, stage ResponseComplete. */
export function auditEvent(request: AuditedRequest): Record<string, unknown> {
  const { info, impersonated, user } = request;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: request.id,
    stage: 'ResponseComplete',
    requestURI: request.uri,
    verb: info?.verb ?? pathVerb(request.method),
    user: user ?? {},
    ...(impersonated && { impersonatedUser: impersonated }),
    sourceIPs: [request.sourceIp],
    ...(request.userAgent !== '' && { userAgent: request.userAgent }),
    ...(info && { objectRef: objectReference(info) }),
    responseStatus: { metadata: {}, code: request.code },
    requestReceivedTimestamp: microTime(request.receivedMs),
    stageTimestamp: microTime(request.answeredMs),
  };
}

function pathVerb(method: string): string {
  return method === 'GET' || method === 'HEAD' ? 'get' : method.toLowerCase();
}

function objectReference(info: RequestInfo): Record<string, string> {
  const { plural, namespace, name, group, version, subresource } = info;
  return {
    resource: plural,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion: version,
    ...(subresource !== undefined && { subresource }),
  };
}

/** `2026-01-31T12:00:00.123000Z`: the clock has milliseconds, the format microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
