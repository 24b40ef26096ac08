import type { KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { parseDeleteOptions } from '../deletion.ts';
import type { ObjectReader } from '../object-reader.ts';
import { inVersion, storedJson, type ObjectWriter } from '../object-writer.ts';
import type { Patcher } from '../patching.ts';
import { groupVersion, versionOf } from '../resource-definition.ts';
import { badRequest, methodNotAllowed, noSuchResource, statusError } from '../status-error.ts';
import { partialMetadata, tableOf } from '../table.ts';
import type { Exchange } from './exchange.ts';
import { listBody } from './list-body.ts';
import { checkListOptions, type ListRules } from './list-options.ts';
import { includeObject, representationOf, sendObject } from './representation.ts';
import type { RequestInfo } from './request-info.ts';
import { objectBody, writeRequest, type ResourceRequest } from './resource-request.ts';
import type { SubresourceHandlers } from './subresource.ts';
import { serveWatch } from './watch-handler.ts';

/** Answers everything below `/api/v1/...` and `/apis/GROUP/VERSION/...` that names a resource. */
export class ResourceHandler {
  readonly #context: ApiContext;
  readonly #reader: ObjectReader;
  readonly #writer: ObjectWriter;
  readonly #patcher: Patcher;
  readonly #subresources: SubresourceHandlers;
  readonly #rules: ListRules;

  constructor(parts: {
    context: ApiContext;
    reader: ObjectReader;
    writer: ObjectWriter;
    patcher: Patcher;
    subresources: SubresourceHandlers;
    rules: ListRules;
  }) {
    this.#context = parts.context;
    this.#reader = parts.reader;
    this.#writer = parts.writer;
    this.#patcher = parts.patcher;
    this.#subresources = parts.subresources;
    this.#rules = parts.rules;
  }

  async handle(exchange: Exchange, info: RequestInfo): Promise<void> {
    const definition = this.#context.registry.get(info.group, info.plural);
    if (!definition || !versionOf(definition, info.version)) throw noSuchResource();
    const request: ResourceRequest = { exchange, info, definition, version: info.version };
    this.#checkScope(request);
    // From the first answer on, a client may watch from the resourceVersion that it was given.
    await this.#context.caches.of(definition);
    const served = versionOf(definition, info.version);
    if (served?.deprecationWarning !== undefined) exchange.warnings.push(served.deprecationWarning);
    if (info.subresource !== undefined) {
      if (info.subresource === 'status' && served?.status === true) return await this.#handleObject(request);
      // What is approved is in the status: the same requests, with other rules.
      if (info.subresource === 'approval' && definition.subresources.includes('approval'))
        return await this.#handleObject(request);
      return await this.#subresources.handle(request);
    }
    return await this.#handleObject(request);
  }

  #checkScope({ info, definition }: ResourceRequest): void {
    const { namespace, verb } = info;
    if (definition.namespaced) {
      if (namespace !== undefined) return;
      // Without a namespace a namespaced resource can only be listed and watched.
      if (verb === 'list' || (verb === 'watch' && info.name === undefined)) return;
      throw verb === 'create' ? methodNotAllowed() : noSuchResource();
    }
    if (namespace !== undefined) throw noSuchResource();
  }

  async #handleObject(request: ResourceRequest): Promise<void> {
    switch (request.info.verb) {
      case 'get':
        return await this.#get(request);
      case 'list':
        return await this.#list(request);
      case 'watch':
        checkListOptions(request.exchange.query, true, this.#rules);
        return await serveWatch(this.#context, this.#reader, request);
      case 'create':
        return await this.#create(request);
      case 'update':
        if (request.info.name === undefined) throw methodNotAllowed();
        return await this.#update(request);
      case 'patch':
        if (request.info.name === undefined) throw methodNotAllowed();
        return await this.#patch(request);
      case 'delete':
        return await this.#delete(request);
      case 'deletecollection':
        return await this.#deleteCollection(request);
    }
  }

  async #get(request: ResourceRequest): Promise<void> {
    const { definition, version, info } = request;
    const { exchange } = request;
    const { form, encoding } = representationOf(request);
    const atLeast = exchange.query.get('resourceVersion') ?? '';
    const stored = await this.#reader.find(definition, info.namespace, info.name ?? '', atLeast);
    if (form === 'object' && encoding === 'json')
      return exchange.sendBytes(200, Buffer.concat([storedJson(definition, version, stored), NEWLINE]));
    sendObject(request, 200, stored.object, this.#context.clock.now());
  }

  async #list(request: ResourceRequest): Promise<void> {
    const { exchange, definition, version, info } = request;
    const { form, version: metaVersion, encoding } = representationOf(request);
    checkListOptions(exchange.query, false, this.#rules);
    const page = await this.#reader.list(definition, version, info.namespace, exchange.query);
    const metadata = {
      resourceVersion: page.resourceVersion,
      ...(page.continueToken !== undefined && { continue: page.continueToken }),
      ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
    };
    const apiVersion = `meta.k8s.io/${metaVersion}`;
    // Items of a typed list carry neither apiVersion nor kind.
    const typed = definition.definedBy === undefined;
    if (form === 'object' && encoding === 'json') {
      const list = { kind: definition.listKind, apiVersion: groupVersion(definition, version), metadata };
      return await exchange.sendPieces(
        200,
        listBody(list, page.items, (stored) => storedJson(definition, version, stored, { withType: !typed })),
      );
    }
    const items = page.items.map((stored) => inVersion(definition, version, stored.object));
    if (form === 'table') {
      const options = { includeObject: includeObject(exchange.query), nowMs: this.#context.clock.now() };
      const table = tableOf(definition, version, items, metadata, options);
      return exchange.sendValue(200, { ...table, apiVersion }, encoding);
    }
    if (form !== 'object')
      return exchange.sendValue(
        200,
        { kind: 'PartialObjectMetadataList', apiVersion, metadata, items: items.map(partialMetadata) },
        encoding,
      );
    exchange.sendValue(
      200,
      {
        kind: definition.listKind,
        apiVersion: groupVersion(definition, version),
        metadata,
        items: typed ? items.map(withoutType) : items,
      },
      encoding,
    );
  }

  async #create(request: ResourceRequest): Promise<void> {
    const { exchange, definition, version, info } = request;
    if (info.name !== undefined) throw methodNotAllowed();
    const body = objectBody(await exchange.bodyValue());
    checkNamespaceOfBody(body, info);
    const object = await this.#writer.create(
      { definition, version, namespace: info.namespace },
      body,
      writeRequest(request),
    );
    sendObject(request, 201, object, this.#context.clock.now());
  }

  async #update(request: ResourceRequest): Promise<void> {
    const { exchange, definition, version, info } = request;
    const body = objectBody(await exchange.bodyValue());
    checkNamespaceOfBody(body, info);
    const name = info.name ?? '';
    if ((body.metadata.name ?? name) !== name)
      throw badRequest(
        `the name of the object (${body.metadata.name ?? ''}) does not match the name on the URL (${name})`,
      );
    body.metadata.name = name;
    const result = await this.#writer.update({ definition, version, namespace: info.namespace, name }, () => body, {
      ...writeRequest(request),
      mayCreate: info.subresource === undefined && definition.strategy.createOnUpdate,
      explicitVersion: (body.metadata.resourceVersion ?? '') !== '',
    });
    sendObject(request, result.created ? 201 : 200, result.object, this.#context.clock.now());
  }

  async #patch(request: ResourceRequest): Promise<void> {
    const { definition, version, info } = request;
    if (!PATCH_TYPES.has(request.exchange.contentType.type))
      throw statusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
    const target = { definition, version, namespace: info.namespace, name: info.name ?? '' };
    const result = await this.#patcher.patch(target, request.exchange, writeRequest(request));
    sendObject(request, result.created ? 201 : 200, result.object, this.#context.clock.now());
  }

  async #delete(request: ResourceRequest): Promise<void> {
    const { exchange, definition, version, info } = request;
    const options = parseDeleteOptions(await exchange.bodyValue(), exchange.query);
    const target = { definition, version, namespace: info.namespace, name: info.name ?? '' };
    const { object, gone } = await this.#writer.delete(target, options, options);
    if (!gone || returnsDeletedObject.has(definition.plural))
      return sendObject(request, 200, object, this.#context.clock.now());
    const { group, plural } = definition;
    exchange.sendJson(200, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: target.name, ...(group !== '' && { group }), kind: plural, uid: object.metadata.uid },
    });
  }

  async #deleteCollection(request: ResourceRequest): Promise<void> {
    const { exchange, definition, version, info } = request;
    checkListOptions(exchange.query, false, this.#rules);
    const options = parseDeleteOptions(await exchange.bodyValue(), exchange.query);
    const page = await this.#reader.list(definition, version, info.namespace, exchange.query);
    const items = page.items.map((stored) => inVersion(definition, version, stored.object));
    for (const object of items) {
      const { name = '', namespace } = object.metadata;
      await this.#writer.delete({ definition, version, namespace, name }, options, options);
    }
    exchange.sendJson(200, {
      kind: definition.listKind,
      apiVersion: groupVersion(definition, version),
      metadata: { resourceVersion: page.resourceVersion },
      items,
    });
  }
}

const PATCH_TYPES = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]);

/** Kinds whose deletion answers with the object (their registries set ReturnDeletedObject). */
const returnsDeletedObject = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'podtemplates',
]);

const NEWLINE = Buffer.from('\n');

function withoutType(object: KubeObject): Partial<KubeObject> {
  const { apiVersion: _, kind: __, ...rest } = object;
  return rest;
}

function checkNamespaceOfBody(body: KubeObject, info: RequestInfo): void {
  const given = body.metadata.namespace ?? '';
  if (given === '' || given === (info.namespace ?? '')) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}
