/**
 * The audit log of an API server: who asked what, when and with what outcome, as audit.k8s.io/v1 events of level Metadata. Bodies are
 * never part of them, and so no Secret is.
 */
export { auditEvent, type AuditedRequest } from './audit-event.ts';
export { AuditLog } from './audit-log.ts';
