import type { FastifyReply } from 'fastify';
import type { RequestFault } from '../request.ts';

/** What every refusal looks like. Its texts never quote what was sent. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly faults?: readonly RequestFault[];
  /** With 409: what runs, as far as the asker may know it. */
  readonly running?: {
    readonly acceptedAt: string;
    readonly status: string;
    readonly step: string;
    readonly percentage: number;
  };
}

/** Refusals that HTTP itself has a status for. */
export const httpRefusals = {
  400: ['INSTALLER_CALL_INVALID', 'the body is not valid JSON in UTF-8'],
  401: [
    'INSTALLER_UNAUTHORIZED',
    'a bearer token is required: key token of Secret cpaas-system/cpaas-installer-access',
  ],
  404: ['INSTALLER_CALL_INVALID', 'there is nothing under this path; /openapi.json lists what there is'],
  405: ['INSTALLER_CALL_INVALID', 'the path does not have this method'],
  413: ['INSTALLER_CALL_INVALID', 'the body is larger than 256 KiB'],
  415: ['INSTALLER_CALL_INVALID', 'the body must be sent with the header Content-Type: application/json'],
  503: ['INSTALLER_NOT_READY', 'the installer has not read its state yet; try again'],
} as const;

export function refuse(reply: FastifyReply, status: keyof typeof httpRefusals): FastifyReply {
  const [code, message] = httpRefusals[status];
  const body: ErrorBody = { code, message };
  return reply.code(status).send(body);
}
