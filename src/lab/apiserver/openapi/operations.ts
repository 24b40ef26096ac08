/** The paths of an OpenAPI document, as far as clients read them: which kind a path serves and which parameters it takes. */

export interface PathKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name of the kind's component. */
  readonly component: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly status: boolean;
  /** Built-in kinds take strategic merge patches. */
  readonly isBuiltin: boolean;
}

type Operation = Record<string, unknown>;

const query = (name: string, type = 'string'): Operation => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const WRITE_PARAMETERS = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const LIST_PARAMETERS = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const pathParameter = (name: string): Operation => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

/** All paths of one kind, by their templates. */
export function pathsOf(kind: PathKind): Record<string, Operation> {
  const prefix = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${prefix}${scope}/${kind.plural}`;
  const scopeParameters = kind.namespaced ? [pathParameter('namespace')] : [];
  const itemParameters = [pathParameter('name'), ...scopeParameters];
  const item = {
    get: operation(kind, 'get', []),
    put: operation(kind, 'put', WRITE_PARAMETERS, { 'application/json': reference(kind) }),
    patch: patchOperation(kind),
    parameters: itemParameters,
  };
  return {
    ...(kind.namespaced && { [`${prefix}/${kind.plural}`]: { get: operation(kind, 'list', LIST_PARAMETERS) } }),
    [collection]: {
      get: operation(kind, 'list', LIST_PARAMETERS),
      post: operation(kind, 'post', WRITE_PARAMETERS, { 'application/json': reference(kind) }),
      delete: operation(kind, 'deletecollection', LIST_PARAMETERS),
      ...(scopeParameters.length > 0 && { parameters: scopeParameters }),
    },
    [`${collection}/{name}`]: {
      ...item,
      delete: operation(kind, 'delete', [
        query('dryRun'),
        query('gracePeriodSeconds', 'integer'),
        query('propagationPolicy'),
      ]),
    },
    ...(kind.status && { [`${collection}/{name}/status`]: item }),
  };
}

function reference({ component }: PathKind): Operation {
  return { schema: { $ref: `#/components/schemas/${component}` } };
}

function operation(kind: PathKind, action: string, parameters: readonly Operation[], content?: Operation): Operation {
  const { group, version } = kind;
  return {
    ...(parameters.length > 0 && { parameters }),
    ...(content && { requestBody: { content, required: true } }),
    responses: { 200: { description: 'OK', content: { 'application/json': reference(kind) } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind: kind.kind },
  };
}

function patchOperation(kind: PathKind): Operation {
  const types = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
  if (kind.isBuiltin) types.push('application/strategic-merge-patch+json');
  const body = Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }]));
  return operation(kind, 'patch', [...WRITE_PARAMETERS, query('force', 'boolean')], body);
}
