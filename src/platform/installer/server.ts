import type { FastifyInstance } from 'fastify';
import { toGlobalctlError } from '../../base/index.ts';
import type { InstallerService } from './service.ts';

/** Guide step 8: one path for every provider. */
const SUBMIT_PATH = '/cpaas-installer/api/config/dcs';
const PROGRESS_PATH = '/cpaas-installer/api/progress';
const LARGEST_BODY_BYTES = 1024 * 1024;

/** The installer's REST API. Bodies are never logged. */
export async function createServer(service: InstallerService): Promise<FastifyInstance> {
  // A megabyte and a half of code that a lab needs only when its installer comes up.
  const { fastify } = await import('fastify');
  const server = fastify({ logger: false, bodyLimit: LARGEST_BODY_BYTES, forceCloseConnections: true });

  server.post(SUBMIT_PATH, async (request, reply) => {
    const answer = await service.submit(request.body);
    switch (answer.outcome) {
      case 'accepted':
        return await reply.code(200).send({ status: 'Accepted', progress: PROGRESS_PATH });
      case 'busy':
        return await reply.code(409).send({ code: 'INSTALLER_BUSY', message: answer.message });
      case 'invalid':
        return await reply
          .code(422)
          .send({ code: 'INSTALLER_REQUEST_INVALID', message: 'the request is not valid', faults: answer.faults });
    }
  });

  server.get(PROGRESS_PATH, () => service.progress());
  server.get('/healthz', () => ({ status: 'ok' }));

  server.setNotFoundHandler((request, reply) => {
    void reply
      .code(404)
      .send({ code: 'NOT_FOUND', message: `there is no ${request.method} ${request.url.split('?')[0] ?? ''}` });
  });
  server.setErrorHandler((thrown, _request, reply) => {
    const status = (thrown as { statusCode?: number }).statusCode;
    // What fastify refuses by itself: no JSON, too large, another media type.
    if (status !== undefined && status < 500) {
      void reply.code(status).send({ code: 'BAD_REQUEST', message: (thrown as Error).message });
      return;
    }
    const { code, message } = toGlobalctlError(thrown);
    void reply.code(503).send({ code, message });
  });
  return server;
}
