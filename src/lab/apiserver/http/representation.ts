import type { KubeObject } from '../../../kube/index.ts';
import { inVersion } from '../object-writer.ts';
import type { ResourceDefinition } from '../resource-definition.ts';
import { badRequest, notAcceptable } from '../status-error.ts';
import { partialMetadata, tableOf, type IncludeObject } from '../table.ts';
import { negotiate, offered, type Representation } from './media-type.ts';
import type { ResourceRequest } from './resource-request.ts';

/** How the client wants to be answered. Throws NotAcceptable when that cannot be given. */
export function representationOf({ exchange, definition, info }: ResourceRequest): Representation {
  const watching = info.verb === 'watch';
  const representation = negotiate(exchange.accept, watching);
  if (representation === undefined)
    throw notAcceptable(`only the following media types are accepted: ${offered(watching)}`);
  if (representation.form === 'partial' && info.verb === 'list')
    throw notAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (${goType(definition)}List)`,
    );
  if (representation.form === 'partial-list' && info.verb !== 'list' && !watching)
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(definition)})`,
    );
  return representation;
}

/** The name of a kind's type inside kube-apiserver, which some of its messages show. */
function goType({ definedBy, group, kind }: ResourceDefinition): string {
  if (definedBy !== undefined) return '*unstructured.Unstructured';
  return `*${group === '' ? 'core' : (group.split('.')[0] ?? '')}.${kind}`;
}

/** How much of the objects a Table carries. Throws BadRequest for a value that is not known. */
export function includeObject(query: URLSearchParams): IncludeObject {
  const text = query.get('includeObject') ?? '';
  if (text === '') return 'Metadata';
  if (text === 'None' || text === 'Object' || text === 'Metadata') return text;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Answers with one object, in the form that the client asked for. */
export function sendObject(request: ResourceRequest, code: number, object: KubeObject, nowMs: number): void {
  const { exchange, definition, version } = request;
  const { form, version: metaVersion, encoding } = representationOf(request);
  const shown = inVersion(definition, version, object);
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  if (form === 'table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { includeObject: includeObject(exchange.query), nowMs };
    const table = tableOf(definition, version, [shown], metadata, options);
    return exchange.sendValue(code, { ...table, apiVersion }, encoding);
  }
  exchange.sendValue(code, form === 'object' ? shown : { ...partialMetadata(shown), apiVersion }, encoding);
}
