import { z } from 'zod';
import { progressSchema } from '../progress.ts';
import { requestSchema } from '../request.ts';
import { journalEntry } from '../state/index.ts';
import { acceptedSchema, errorSchema } from './answers.ts';
import { paths } from './paths.ts';

const components = {
  InstallRequest: requestSchema,
  Accepted: acceptedSchema,
  Progress: progressSchema,
  PhaseEvent: journalEntry,
  Error: errorSchema,
} as const;

const OPEN: readonly never[] = [];

/** The REST API as an OpenAPI 3.1 document, with the schemas that requests are checked against. */
export function openApiDocument(secure: boolean): Record<string, unknown> {
  const reference = (name: keyof typeof components): object => ({ $ref: `#/components/schemas/${name}` });
  const json = (name: keyof typeof components, description: string): object => ({
    description,
    content: { 'application/json': { schema: reference(name) } },
  });
  const errors = (told: Readonly<Record<string, string>>): object =>
    Object.fromEntries(
      Object.entries({ ...told, ...(secure && { 401: 'No bearer token, or a wrong one.' }) }).map(([status, text]) => [
        status,
        json('Error', text),
      ]),
    );
  const text = (type: string, description: string): object => ({
    description,
    content: { [type]: { schema: { type: 'string' } } },
  });
  const NOT_READY = { 503: 'The cluster does not answer; try again.' };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Embedded installer of the global cluster',
      version: '1.0.0',
      description:
        'Takes one request, imports the Cluster API resources, deploys the platform and tells how far it is.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    ...(secure && { security: [{ token: [] }] }),
    paths: {
      [paths.submit]: {
        post: {
          operationId: 'submit',
          summary: 'Submit the installation; the same path for every provider.',
          requestBody: { required: true, content: { 'application/json': { schema: reference('InstallRequest') } } },
          responses: {
            200: json('Accepted', 'The request stands in the cluster, from now or from before.'),
            ...errors({
              400: 'The body is not JSON.',
              409: 'Another request is worked on, or the installation is complete.',
              413: 'The body is too large.',
              415: 'The body is not sent as application/json.',
              422: 'The request is not valid: every fault with its JSON pointer.',
              ...NOT_READY,
            }),
          },
        },
      },
      [paths.progress]: {
        get: {
          operationId: 'progress',
          summary: 'How far the installation is; complete with status Success and type Complete.',
          responses: { 200: json('Progress', 'The progress.'), ...errors(NOT_READY) },
        },
      },
      [paths.events]: {
        get: {
          operationId: 'events',
          summary: 'The events of the installation as Server-Sent Events; resumes after Last-Event-ID.',
          description: '`event: phase` carries a PhaseEvent, with its seq as the id; `event: progress` a Progress.',
          parameters: [
            { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'integer', minimum: 0 } },
          ],
          responses: {
            200: text('text/event-stream', 'The stream.'),
            ...errors({ 429: 'Too many readers.', ...NOT_READY }),
          },
        },
      },
      [paths.health]: {
        get: { operationId: 'health', security: OPEN, responses: { 200: { description: 'The process lives.' } } },
      },
      [paths.readiness]: {
        get: {
          operationId: 'readiness',
          security: OPEN,
          responses: { 200: { description: 'It hears from its cluster.' }, 503: json('Error', 'It does not.') },
        },
      },
      [paths.metrics]: {
        get: {
          operationId: 'metrics',
          responses: { 200: text('text/plain', 'In the text format of Prometheus.'), ...errors({}) },
        },
      },
      [paths.openapi]: {
        get: {
          operationId: 'openapi',
          security: OPEN,
          responses: { 200: { description: 'This document.', content: { 'application/json': {} } } },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(Object.entries(components).map(([name, schema]) => [name, jsonSchema(schema)])),
      ...(secure && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
  };
}

function jsonSchema(schema: z.ZodType): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return rest;
}
