import { isObject, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, GoSyntax, invalid, notSupported, required } from './faults.ts';
import { goTexts, label1035 } from './formats.ts';

const KNOWN_REVIEWS = ['v1', 'v1beta1'];

/** Faults of `spec.conversion`, with the paths of the internal form: `webhookClientConfig`, `conversionReviewVersions`. */
export function conversionFaults(conversion: JsonObject | undefined, at: string): StatusCause[] {
  if (!conversion) return [];
  const { strategy } = conversion;
  const webhook = isObject(conversion.webhook) ? conversion.webhook : {};
  const client = isObject(webhook.clientConfig) ? webhook.clientConfig : undefined;
  const reviews = Array.isArray(webhook.conversionReviewVersions) ? webhook.conversionReviewVersions.map(textOf) : [];
  const faults: StatusCause[] = [];
  if (textOf(strategy) === '') faults.push(required(`${at}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook')
    faults.push(notSupported(`${at}.strategy`, strategy, ['None', 'Webhook']));
  if (strategy === 'Webhook')
    return [
      ...faults,
      ...clientFaults(client, `${at}.webhookClientConfig`),
      ...reviewFaults(reviews, `${at}.conversionReviewVersions`),
    ];
  const unused = 'should not be set when strategy is not set to Webhook';
  if (client) faults.push(forbidden(`${at}.webhookClientConfig`, unused));
  if (reviews.length > 0) faults.push(forbidden(`${at}.conversionReviewVersions`, unused));
  return faults;
}

function clientFaults(client: JsonObject | undefined, at: string): StatusCause[] {
  if (!client) return [required(at, 'required when strategy is set to Webhook')];
  const { url, service } = client;
  if ((typeof url === 'string') === isObject(service))
    return [required(at, 'exactly one of url or service is required')];
  if (typeof url === 'string') {
    if (url.startsWith('https://')) return [];
    const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
    return [
      invalid(`${at}.url`, scheme, "'https' is the only allowed URL scheme; desired format: https://host[/path]"),
    ];
  }
  const { name, namespace } = isObject(service) ? service : {};
  return [
    ...(textOf(name) === '' ? [required(`${at}.service.name`, 'service name is required')] : []),
    ...(textOf(namespace) === '' ? [required(`${at}.service.namespace`, 'service namespace is required')] : []),
  ];
}

function reviewFaults(reviews: readonly string[], at: string): StatusCause[] {
  if (reviews.length === 0) return [required(at)];
  const faults = reviews.flatMap((review, i) =>
    reviews.indexOf(review) === i
      ? label1035(`${at}[${String(i)}]`, review)
      : [invalid(`${at}[${String(i)}]`, review, 'duplicate version')],
  );
  if (!reviews.some((review) => KNOWN_REVIEWS.includes(review)))
    faults.push(
      invalid(at, new GoSyntax(goTexts(reviews)), `must include at least one of ${KNOWN_REVIEWS.join(', ')}`),
    );
  return faults;
}
