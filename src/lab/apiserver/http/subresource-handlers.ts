import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { objectIn, type JsonObject } from '../json.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { ObjectWriter } from '../object-writer.ts';
import { applyMergePatch } from '../apply/index.ts';
import type { ScalePaths } from '../resource-definition.ts';
import { selectorText } from '../selector.ts';
import { badRequest, conflict, methodNotAllowed, noSuchResource } from '../status-error.ts';
import { evictionHandler } from './eviction.ts';
import { podHandlers } from './pod-handlers.ts';
import { sendObject } from './representation.ts';
import { objectBody, writeRequest, type ResourceRequest } from './resource-request.ts';
import type { SubresourceHandler } from './subresource.ts';

interface Parts {
  readonly context: ApiContext;
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
}

/** The handlers of all subresources of built-in kinds other than status and scale. */
export function subresourceHandlers({ context, reader, writer }: Parts): ReadonlyMap<string, SubresourceHandler> {
  const target = ({ definition, version, info }: ResourceRequest): Parameters<ObjectWriter['update']>[0] => ({
    definition,
    version,
    namespace: info.namespace,
    name: info.name ?? '',
  });

  const finalize: SubresourceHandler = async (request) => {
    if (request.info.verb !== 'update') throw methodNotAllowed();
    const body = objectBody(await request.exchange.bodyValue());
    const { object } = await writer.update(
      target(request),
      (current) => {
        const next = current ?? body;
        objectIn(next, 'spec').finalizers = fieldAt(body, 'spec', 'finalizers') ?? [];
        return next;
      },
      { ...writeRequest(request), mayCreate: false },
    );
    sendObject(request, 200, object, context.clock.now());
  };

  const binding: SubresourceHandler = async (request) => {
    const body = objectBody(await request.exchange.bodyValue());
    const node = fieldAt(body, 'target', 'name');
    if (typeof node !== 'string' || node === '') throw badRequest('target.name: Required value');
    await writer.update(
      target(request),
      (current) => {
        const pod = current ?? body;
        const spec = objectIn(pod, 'spec');
        if (typeof spec.nodeName === 'string' && spec.nodeName !== '')
          throw conflict(
            { group: '', plural: 'pods/binding' },
            request.info.name ?? '',
            `pod ${request.info.name ?? ''} is already assigned to node "${spec.nodeName}"`,
          );
        spec.nodeName = node;
        return pod;
      },
      { ...writeRequest(request), mayCreate: false },
    );
    request.exchange.sendJson(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  };

  return new Map([
    ['namespaces/finalize', finalize],
    ...podHandlers({ context, reader }),
    ['pods/binding', binding],
    ['pods/eviction', evictionHandler({ context, reader, writer })],
  ]);
}

/** `scale` of every kind that has it: an autoscaling/v1 Scale over the object's own fields. */
export function scaleHandler({ reader, writer }: { reader: ObjectReader; writer: ObjectWriter }): SubresourceHandler {
  return async (request) => {
    const { exchange, definition, version, info } = request;
    const paths = definition.versions.find((v) => v.name === version)?.scale;
    if (!paths) throw noSuchResource();
    const name = info.name ?? '';
    if (info.verb === 'get')
      return exchange.sendJson(200, scaleOf(await reader.get(definition, version, info.namespace, name), paths));
    if (info.verb !== 'update' && info.verb !== 'patch') throw methodNotAllowed();
    const body = await exchange.bodyValue();
    const { object } = await writer.update(
      { definition, version, namespace: info.namespace, name },
      (current) => {
        const next = current as KubeObject;
        const wanted = info.verb === 'patch' ? applyMergePatch<unknown>(scaleOf(next, paths), body) : body;
        const replicas = fieldAt(wanted, 'spec', 'replicas') ?? 0;
        const asked = fieldAt(wanted, 'metadata', 'resourceVersion');
        if (typeof asked === 'string' && asked !== '') next.metadata.resourceVersion = asked;
        if (typeof replicas !== 'number') throw badRequest('spec.replicas must be a number');
        setAt(next, paths.specReplicas, replicas);
        return next;
      },
      { ...writeRequest({ ...request, info: { ...info, subresource: undefined } }), mayCreate: false },
    );
    exchange.sendJson(200, scaleOf(object, paths));
  };
}

function setAt(object: JsonObject, path: readonly string[], value: unknown): void {
  let holder = object;
  for (const key of path.slice(0, -1)) holder = objectIn(holder, key);
  holder[path.at(-1) ?? ''] = value;
}

function scaleOf(object: KubeObject, paths: ScalePaths): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector && fieldAt(object, ...paths.selector);
  const text = typeof selector === 'string' ? selector : selectorText(selector);
  const replicas = fieldAt(object, ...paths.specReplicas) ?? 0;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: fieldAt(object, ...paths.statusReplicas) ?? 0, ...(text !== '' && { selector: text }) },
  };
}
