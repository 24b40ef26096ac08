import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { invalid, notSupported, oneOf, required } from './faults.ts';

const MAX_TIMEOUT_SECONDS = 30;

export function webhookFaults(object: KubeObject): StatusCause[] {
  return objectsIn(object.webhooks).flatMap((webhook, i) => {
    const at = `webhooks[${String(i)}]`;
    const name = textOf(webhook.name);
    const faults: StatusCause[] = [];
    if (name.split('.').length < 3)
      faults.push(invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'));
    faults.push(...oneOf(`${at}.failurePolicy`, webhook.failurePolicy, ['Fail', 'Ignore']));
    faults.push(...oneOf(`${at}.matchPolicy`, webhook.matchPolicy, ['Equivalent', 'Exact']));
    const effects = textOf(webhook.sideEffects);
    if (effects === '') faults.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
    else if (!['None', 'NoneOnDryRun'].includes(effects))
      faults.push(notSupported(`${at}.sideEffects`, effects, ['None', 'NoneOnDryRun']));
    const timeout = webhook.timeoutSeconds;
    if (typeof timeout === 'number' && (timeout < 1 || timeout > MAX_TIMEOUT_SECONDS))
      faults.push(invalid(`${at}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'));
    faults.push(...clientFaults(`${at}.clientConfig`, isObject(webhook.clientConfig) ? webhook.clientConfig : {}));
    if (!Array.isArray(webhook.admissionReviewVersions) || webhook.admissionReviewVersions.length === 0)
      faults.push(required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    return faults;
  });
}

function clientFaults(field: string, client: JsonObject): StatusCause[] {
  const { url, service } = client;
  if ((typeof url === 'string') === isObject(service))
    return [required(field, 'exactly one of url or service is required')];
  if (typeof url !== 'string' || url.startsWith('https://')) return [];
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  return [
    invalid(`${field}.url`, scheme, "'https' is the only allowed URL scheme; desired format: https://host[/path]"),
  ];
}

export function apiServiceFaults(object: KubeObject): StatusCause[] {
  const group = textOf(fieldAt(object, 'spec', 'group'));
  const version = textOf(fieldAt(object, 'spec', 'version'));
  const wanted = `${version}.${group}`;
  const within = (field: string, limit: number): StatusCause[] => {
    const value = fieldAt(object, 'spec', field);
    return typeof value === 'number' && value > 0 && value <= limit
      ? []
      : [invalid(`spec.${field}`, value, `must be positive and less than ${String(limit)}`)];
  };
  return [
    ...(object.metadata.name === wanted
      ? []
      : [
          invalid(
            'metadata.name',
            object.metadata.name,
            `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
          ),
        ]),
    ...within('groupPriorityMinimum', 20_000),
    ...within('versionPriority', 1000),
  ];
}
