import type { FastifyReply } from 'fastify';
import { z } from 'zod';

export const faultSchema = z.object({
  pointer: z.string().describe('JSON pointer (RFC 6901) into the body.'),
  message: z.string(),
});

/** What every refusal looks like. Its texts never quote a value that was sent. */
export const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  faults: z.array(faultSchema).optional().describe('With 422: everything that is wrong with the body.'),
  running: z
    .object({ acceptedAt: z.string(), status: z.string(), step: z.string(), percentage: z.number() })
    .optional()
    .describe('With 409: what runs, or has run.'),
});

export const acceptedSchema = z.object({
  status: z.literal('Accepted'),
  progress: z.string().describe('Where to ask how far it is.'),
  warnings: z.array(faultSchema),
});

export type ErrorBody = z.infer<typeof errorSchema>;
export type AcceptedBody = z.infer<typeof acceptedSchema>;

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
  429: ['INSTALLER_BUSY', 'too many readers follow the events already'],
  503: ['INSTALLER_NOT_READY', 'the installer has not heard from its cluster; try again'],
} as const;

export function refuse(reply: FastifyReply, status: keyof typeof httpRefusals): FastifyReply {
  const [code, message] = httpRefusals[status];
  const body: ErrorBody = { code, message };
  return reply.code(status).send(body);
}
