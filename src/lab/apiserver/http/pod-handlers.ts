import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { objectsIn, textOf } from '../json.ts';
import type { ObjectReader } from '../object-reader.ts';
import { badRequest, methodNotAllowed, statusError } from '../status-error.ts';
import { podLogOptions } from './pod-log-options.ts';
import type { SubresourceHandler } from './subresource.ts';

/** What kubelets answer for: logs, and the connections into containers that the lab does not have. */
export function podHandlers({
  context,
  reader,
}: {
  context: ApiContext;
  reader: ObjectReader;
}): ReadonlyMap<string, SubresourceHandler> {
  const log: SubresourceHandler = async (request) => {
    const { exchange, definition, version, info } = request;
    if (info.verb !== 'get') throw methodNotAllowed();
    const name = info.name ?? '';
    const abort = new AbortController();
    exchange.response.once('close', () => abort.abort());
    const options = podLogOptions(exchange.query, name, abort.signal);
    const pod = await reader.get(definition, version, info.namespace, name);
    checkContainer(pod, options.container);
    const logs = await context.podLogs?.(info.namespace ?? '', name, options);
    if (logs === undefined && !isPlaced(pod)) return exchange.sendNothing();
    if (logs === undefined || typeof logs === 'string') return exchange.sendText(200, logs ?? '');
    const response = exchange.openStream('text/plain; charset=utf-8');
    for await (const text of logs) {
      if (response.destroyed) return;
      response.write(text);
    }
    response.end();
  };

  /** `exec`, `attach` and `portforward`: refused before the connection is upgraded, so that clients show why. */
  const connect: SubresourceHandler = async ({ exchange, definition, version, info }) => {
    if (info.verb !== 'get' && info.verb !== 'create') throw methodNotAllowed();
    const pod = await reader.get(definition, version, info.namespace, info.name ?? '');
    if (info.subresource !== 'portforward') checkContainer(pod, exchange.query.get('container') ?? undefined);
    if (!isPlaced(pod)) throw badRequest(`pod ${info.name ?? ''} does not have a host assigned`);
    throw statusError(
      500,
      'InternalError',
      `error dialing backend: the lab runs no containers, there is nothing to ${verbs[info.subresource ?? ''] ?? 'connect to'}`,
    );
  };

  return new Map([
    ['pods/log', log],
    ['pods/exec', connect],
    ['pods/attach', connect],
    ['pods/portforward', connect],
  ]);
}

const verbs: Readonly<Record<string, string>> = {
  exec: 'exec into',
  attach: 'attach to',
  portforward: 'forward ports to',
};

function isPlaced(pod: KubeObject): boolean {
  return textOf(fieldAt(pod, 'spec', 'nodeName')) !== '';
}

function checkContainer(pod: KubeObject, container: string | undefined): void {
  const named = (field: string): string[] => objectsIn(fieldAt(pod, 'spec', field)).map((c) => textOf(c.name));
  const containers = named('containers');
  const initial = named('initContainers');
  const name = pod.metadata.name ?? '';
  if (container !== undefined && container !== '') {
    if (![...containers, ...initial, ...named('ephemeralContainers')].includes(container))
      throw badRequest(`container ${container} is not valid for pod ${name}`);
    return;
  }
  if (containers.length <= 1) return;
  const others = initial.length > 0 ? ` or one of the init containers: [${initial.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${others}`,
  );
}
