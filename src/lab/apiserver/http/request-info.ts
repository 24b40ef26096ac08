/** What a request asks for, read from its method and address (the rules of k8s.io/apiserver's request info). */
export interface RequestInfo {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** Path segments after the subresource, e.g. of a proxy. */
  readonly rest: readonly string[];
  readonly verb: ApiVerb;
}

export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

const verbOf: Record<string, ApiVerb> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** undefined when the address is not one of a resource (discovery, health, ...). */
export function parseRequest(method: string, path: string, query: URLSearchParams): RequestInfo | undefined {
  const parts = path
    .split('/')
    .filter((p) => p !== '')
    .map(decodeURIComponent);
  let group = '';
  let version: string | undefined;
  let rest: string[];
  if (parts[0] === 'api') [version, rest] = [parts[1], parts.slice(2)];
  else if (parts[0] === 'apis') [group, version, rest] = [parts[1] ?? '', parts[2], parts.slice(3)];
  else return undefined;
  if (version === undefined || rest.length === 0) return undefined;
  // The old addresses of watches, which some clients still use for single objects.
  const watched = rest[0] === 'watch' && rest.length > 1;
  if (watched) rest = rest.slice(1);
  let namespace: string | undefined;
  const [first, second, third] = rest;
  // `namespaces/x/finalize` and `/status` are subresources of the namespace itself.
  const ofNamespace = rest.length === 3 && (third === 'finalize' || third === 'status');
  if (first === 'namespaces' && second !== undefined && rest.length > 2 && !ofNamespace) {
    namespace = second;
    rest = rest.slice(2);
  }
  const [plural = '', name, subresource, ...beyond] = rest;
  let verb: ApiVerb;
  if (method === 'GET' || method === 'HEAD') {
    // As Go's query conversion reads booleans: present is true, unless it says false.
    const watching = watched || !['false', '0'].includes((query.get('watch') ?? 'false').toLowerCase());
    verb = name === undefined ? (watching ? 'watch' : 'list') : watched && subresource === undefined ? 'watch' : 'get';
  } else {
    verb = verbOf[method] ?? 'get';
    if (verb === 'delete' && name === undefined) verb = 'deletecollection';
  }
  return { group, version, namespace, plural, name, subresource, rest: beyond, verb };
}
