import { KubeApiError, type KubeStatus } from '../../kube/index.ts';

/**
 * The failures that a Kubernetes API server answers with, reason, message, details and HTTP code as the real one words them
 * (k8s.io/apimachinery, api/errors). They are thrown as KubeApiError and become the Status that is sent.
 */

export type StatusDetails = NonNullable<KubeStatus['details']>;
export type StatusCause = NonNullable<StatusDetails['causes']>[number];

/** The resource that a message speaks of. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

export function groupResourceText(resource: GroupResource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** `reason` is empty for the few failures that kube-apiserver passes on without one. */
export function statusError(code: number, reason: string, message: string, details?: StatusDetails): KubeApiError {
  return new KubeApiError(
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details && { details }),
      code,
    },
    message,
  );
}

function detailsOf(resource: GroupResource, name: string): StatusDetails {
  return {
    ...(name !== '' && { name }),
    ...(resource.group !== '' && { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: GroupResource, name: string): KubeApiError {
  return statusError(404, 'NotFound', `${groupResourceText(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** What an address that nothing is served at answers, in the words that clients show. */
export function noSuchResource(): KubeApiError {
  return statusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: GroupResource, name: string): KubeApiError {
  const message = `${groupResourceText(resource)} "${name}" already exists`;
  return statusError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: GroupResource, name: string, why: string): KubeApiError {
  const message = `Operation cannot be fulfilled on ${groupResourceText(resource)} "${name}": ${why}`;
  return statusError(409, 'Conflict', message, detailsOf(resource, name));
}

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** A conflict of server-side apply: its causes name the fields and their managers. */
export function applyConflict(message: string, causes: readonly StatusCause[]): KubeApiError {
  return statusError(409, 'Conflict', message, { causes: [...causes] });
}

/** `causes` have messages of the form `Required value` or `Invalid value: "x": ...`; at least one. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly StatusCause[],
): KubeApiError {
  const textOfCause = ({ field = '', message = '' }: StatusCause): string =>
    field === '' ? message : `${field}: ${message}`;
  // Schema and strategy may find the same fault.
  const unique = new Map(causes.map((c) => [textOfCause(c), c]));
  const texts = [...unique.keys()];
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return statusError(422, 'Invalid', `${qualified} "${name}" is invalid: ${list}`, {
    ...(name !== '' && { name }),
    ...(kind.group !== '' && { group: kind.group }),
    ...(kind.kind !== '' && { kind: kind.kind }),
    causes: [...unique.values()],
  });
}

/** Options of a request (the query) that contradict the API, as `ListOptions` or `CreateOptions`. */
export function invalidOptions(kind: string, causes: readonly StatusCause[]): KubeApiError {
  return invalid({ group: 'meta.k8s.io', kind }, '', causes);
}

export function badRequest(message: string): KubeApiError {
  return statusError(400, 'BadRequest', message);
}

export function forbidden(
  resource: GroupResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): KubeApiError {
  const subject = name === '' ? groupResourceText(resource) : `${groupResourceText(resource)} "${name}"`;
  return statusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...(causes && { causes: [...causes] }),
  });
}

export function unauthorized(): KubeApiError {
  return statusError(401, 'Unauthorized', 'Unauthorized');
}

export function methodNotAllowed(): KubeApiError {
  return statusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** A new object of a kind whose definition is being deleted. */
export function definitionTerminating(resource: GroupResource): KubeApiError {
  const message = 'create not allowed while custom resource definition is terminating';
  return statusError(405, 'MethodNotAllowed', message, detailsOf(resource, ''));
}

export function unsupportedMediaType(message: string): KubeApiError {
  return statusError(415, 'UnsupportedMediaType', message);
}

/** An Accept header that names nothing that can be given: a form of objects that is not known, or a list for a single object. */
export function notAcceptable(message: string): KubeApiError {
  return statusError(406, 'NotAcceptable', message);
}

export function tooLarge(limitBytes: number): KubeApiError {
  return statusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${String(limitBytes)}`);
}

/** The revision asked for is no longer in the window: the client lists again. */
export function expired(message: string, continueToken?: string): KubeApiError {
  const error = statusError(410, 'Expired', message);
  if (continueToken !== undefined) error.status.metadata = { continue: continueToken };
  return error;
}

export function resourceVersionTooLarge(asked: number, current: number): KubeApiError {
  return statusError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${String(asked)}, current: ${String(current)}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}

export function internalError(message: string): KubeApiError {
  return statusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}
