import { fieldAt } from '../../../kube/index.ts';
import { objectBody, type ResourceRequest } from '../http/resource-handler.ts';
import type { SubresourceHandler } from '../http/subresource.ts';
import { isObject, textOf } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import type { ObjectReader } from '../object-reader.ts';
import { invalid, methodNotAllowed } from '../status-error.ts';
import { SERVICE_ACCOUNT_ISSUER, type ServiceAccountTokens } from './service-account-tokens.ts';

/** kube-apiserver's lower limit. */
const MIN_EXPIRATION_SECONDS = 600;

/** `serviceaccounts/NAME/token`: issues a token for a while (`kubectl create token`). */
export function tokenRequestHandler(reader: ObjectReader, tokens: ServiceAccountTokens): SubresourceHandler {
  return async ({ exchange, definition, version, info }: ResourceRequest) => {
    if (info.verb !== 'create') throw methodNotAllowed();
    const account = await reader.get(definition, version, info.namespace, info.name ?? '');
    const body = objectBody(await exchange.bodyValue());
    const spec = isObject(body.spec) ? body.spec : {};
    const audiences = Array.isArray(spec.audiences) ? spec.audiences.map(textOf) : [];
    const seconds = fieldAt(spec, 'expirationSeconds');
    const bound = isObject(spec.boundObjectRef) ? spec.boundObjectRef : undefined;
    const expirationSeconds = typeof seconds === 'number' ? seconds : 3600;
    if (expirationSeconds < MIN_EXPIRATION_SECONDS)
      throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
        {
          reason: 'FieldValueInvalid',
          field: 'spec.expirationSeconds',
          message: `Invalid value: ${String(expirationSeconds)}: may not specify a duration less than 10 minutes`,
        },
      ]);
    const { token, expiresMs } = tokens.issue(
      {
        namespace: info.namespace ?? '',
        name: account.metadata.name ?? '',
        uid: account.metadata.uid ?? '',
        boundTo: bound && { kind: textOf(bound.kind), name: textOf(bound.name), uid: textOf(bound.uid) },
      },
      { audiences, expirationSeconds },
    );
    exchange.sendJson(201, {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: info.name, namespace: info.namespace, creationTimestamp: null },
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
