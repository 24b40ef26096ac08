import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import type { ApiContext } from '../api-context.ts';
import { objectBody, type ResourceRequest } from '../http/resource-request.ts';
import type { SubresourceHandler } from '../http/subresource.ts';
import { isObject, textOf, type JsonObject } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import type { ObjectReader } from '../object-reader.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from '../status-error.ts';
import { SERVICE_ACCOUNT_ISSUER, type ServiceAccountTokens, type TokenSubject } from './service-account-tokens.ts';

const MIN_EXPIRATION_SECONDS = 600;
const MAX_EXPIRATION_SECONDS = 2 ** 32;

interface Parts {
  readonly context: Pick<ApiContext, 'storage' | 'clock'>;
  readonly reader: ObjectReader;
  readonly tokens: ServiceAccountTokens;
}

/** `serviceaccounts/NAME/token`: issues a token for a while (`kubectl create token`). */
export function tokenRequestHandler({ context, reader, tokens }: Parts): SubresourceHandler {
  return async ({ exchange, definition, version, info }: ResourceRequest) => {
    if (info.verb !== 'create') throw methodNotAllowed();
    const account = await reader.get(definition, version, info.namespace, info.name ?? '');
    const body = objectBody(await exchange.bodyValue());
    const spec = isObject(body.spec) ? body.spec : {};
    const audiences = Array.isArray(spec.audiences) ? spec.audiences.map(textOf) : [];
    const seconds = fieldAt(spec, 'expirationSeconds');
    const expirationSeconds = typeof seconds === 'number' ? seconds : 3600;
    checkExpiration(expirationSeconds);
    const bound = isObject(spec.boundObjectRef) ? spec.boundObjectRef : undefined;
    const namespace = info.namespace ?? '';
    const name = account.metadata.name ?? '';
    const uid = account.metadata.uid ?? '';
    const boundTo = bound && (await boundObject(context.storage, bound, account));
    const { token, expiresMs } = tokens.issue({ namespace, name, uid, boundTo }, { audiences, expirationSeconds });
    exchange.sendJson(201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: apiTime(context.clock.now()) },
      spec: {
        ...spec,
        audiences: audiences.length > 0 ? audiences : [SERVICE_ACCOUNT_ISSUER],
        expirationSeconds,
        boundObjectRef: bound ?? null,
      },
      status: { token, expirationTimestamp: apiTime(expiresMs ?? 0) },
    });
  };
}

function checkExpiration(seconds: number): void {
  const fault =
    seconds < MIN_EXPIRATION_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_EXPIRATION_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (fault === undefined) return;
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.expirationSeconds',
      message: `Invalid value: ${String(seconds)}: ${fault}`,
    },
  ]);
}

const BOUND_KINDS: Readonly<Record<string, { readonly plural: string; readonly prefix: string }>> = {
  'v1 Pod': { plural: 'pods', prefix: '/registry/pods/' },
  'v1 Secret': { plural: 'secrets', prefix: '/registry/secrets/' },
  'v1 Node': { plural: 'nodes', prefix: '/registry/minions/' },
};

/** The object that a token is to die with. Throws when it does not exist, or is a Pod of another account. */
async function boundObject(
  storage: ApiContext['storage'],
  reference: JsonObject,
  account: KubeObject,
): Promise<NonNullable<TokenSubject['boundTo']>> {
  const [apiVersion, kind, name] = [textOf(reference.apiVersion), textOf(reference.kind), textOf(reference.name)];
  const known = BOUND_KINDS[`${apiVersion} ${kind}`];
  if (!known) {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    throw badRequest(`cannot bind token to object of type ${group ?? ''}/${version ?? ''}, Kind=${kind}`);
  }
  const place = kind === 'Node' ? '' : `${account.metadata.namespace ?? ''}/`;
  const found = (await storage.get(`${known.prefix}${place}${name}`))?.object;
  if (!found) throw notFound({ group: '', plural: known.plural }, name);
  const accountName = account.metadata.name ?? '';
  if (kind === 'Pod' && (fieldAt(found, 'spec', 'serviceAccountName') ?? '') !== accountName)
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
    );
  const uid = found.metadata.uid ?? '';
  const asked = textOf(reference.uid);
  if (asked !== '' && asked !== uid)
    throw conflict(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { kind, name, uid };
}
