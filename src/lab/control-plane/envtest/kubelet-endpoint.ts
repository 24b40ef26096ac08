import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Clock } from '../../../base/index.ts';
import type { LogQuery, PodLogStore } from '../../kubelet/index.ts';
import { listenOnLoopback } from '../../network/index.ts';
import type { CertificateAuthority } from '../../pki/index.ts';

export interface KubeletEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * What a real API server asks kubelets for, one listener for all nodes of a cluster: `/containerLogs/<namespace>/<pod>/<container>`
 * for `kubectl logs`. Only a client with a certificate of the cluster's authority is answered. Nothing can be executed in a
 * container of the lab, attached to or forwarded: 501.
 */
export async function startKubeletEndpoint(options: {
  readonly authority: CertificateAuthority;
  readonly logs: PodLogStore;
  readonly clock: Clock;
}): Promise<KubeletEndpoint> {
  const { authority, logs, clock } = options;
  const certificate = await authority.issue({ commonName: 'system:node', dnsNames: ['localhost'], usages: ['server'] });
  const server = createServer(
    {
      cert: certificate.certificatePem,
      key: certificate.keyPem,
      ca: authority.certificatePem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => answer(request, response, logs, clock),
  );
  server.requestTimeout = 0;
  const port = await listenOnLoopback(server);
  return {
    port,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, logs: PodLogStore, clock: Clock): void {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [, action, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  const say = (code: number, text: string): void => {
    response.writeHead(code, { 'content-type': 'text/plain' }).end(text);
  };
  if (action !== 'containerLogs') {
    const known = ['exec', 'attach', 'portForward', 'run'].includes(action ?? '');
    return known ? say(501, `containers of the lab have no ${action ?? ''}`) : say(404, '404 page not found');
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const log = logs.read(
    `${namespace}/${pod}`,
    { container, ...queryOf(url.searchParams), signal: gone.signal },
    clock.now(),
  );
  if (log === undefined)
    return say(400, `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`);
  if (typeof log === 'string') return say(200, log);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  Readable.from(log).pipe(response);
}

function queryOf(query: URLSearchParams): LogQuery {
  const flag = (name: string): boolean => query.get(name) === 'true';
  const count = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null ? undefined : Number(text);
  };
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    tailLines: count('tailLines'),
    sinceSeconds: count('sinceSeconds'),
    sinceTime: query.get('sinceTime') ?? undefined,
    limitBytes: count('limitBytes'),
  };
}
