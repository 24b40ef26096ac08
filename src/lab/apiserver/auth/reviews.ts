import { fieldAt } from '../../../kube/index.ts';
import type { UserInfo } from '../user-info.ts';
import type { ReviewResource } from '../discovery.ts';
import type { Exchange } from '../http/exchange.ts';
import { isObject, objectIn, textOf, type JsonObject } from '../json.ts';
import { apiTime } from '../object-lifecycle.ts';
import { badRequest, invalid, methodNotAllowed, type StatusCause } from '../status-error.ts';
import type { AccessAttributes, RbacAuthorizer } from './authorizer.ts';
import { SERVICE_ACCOUNT_ISSUER, type TokenVerdict } from './service-account-tokens.ts';

const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1', namespaced: false };
const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1', namespaced: false };

/** The questions that the server answers about users and what they may do; nothing of them is stored. */
export const reviewResources: readonly ReviewResource[] = [
  { ...AUTHORIZATION, plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
  { ...AUTHORIZATION, plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
  { ...AUTHORIZATION, plural: 'subjectaccessreviews', kind: 'SubjectAccessReview' },
  { ...AUTHORIZATION, plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { ...AUTHENTICATION, plural: 'tokenreviews', kind: 'TokenReview' },
  { ...AUTHENTICATION, plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
];

/** Finds out whose token it is, for any of the audiences. */
export type TokenReviewer = (token: string, audiences: readonly string[]) => Promise<TokenVerdict>;

interface Asked {
  readonly review: ReviewResource;
  readonly spec: JsonObject;
  readonly user: UserInfo;
  /** Namespace of the address. */
  readonly namespace: string | undefined;
}

export class Reviews {
  readonly #authorizer: RbacAuthorizer;
  readonly #reviewToken: TokenReviewer;
  readonly #now: () => number;

  constructor(parts: { authorizer: RbacAuthorizer; reviewToken: TokenReviewer; now: () => number }) {
    this.#authorizer = parts.authorizer;
    this.#reviewToken = parts.reviewToken;
    this.#now = parts.now;
  }

  static find(group: string, version: string, plural: string): ReviewResource | undefined {
    return reviewResources.find((r) => r.group === group && r.version === version && r.plural === plural);
  }

  /** Answers the question in the body with the question and its `status`. Nothing else of its metadata comes back. */
  async handle(exchange: Exchange, review: ReviewResource, namespace: string | undefined): Promise<void> {
    if (exchange.method !== 'POST') throw methodNotAllowed();
    const body = await exchange.bodyValue();
    if (!isObject(body)) throw badRequest('the request body must be an object');
    const spec = objectIn({ ...body }, 'spec');
    const status = await this.#answer({ review, spec, user: exchange.user, namespace });
    const self = review.kind === 'SelfSubjectReview';
    exchange.sendJson(201, {
      kind: review.kind,
      apiVersion: `${review.group}/${review.version}`,
      metadata: {
        ...(review.namespaced && { namespace }),
        creationTimestamp: self ? apiTime(this.#now()) : null,
      },
      ...(!self && { spec: review.kind === 'SelfSubjectRulesReview' ? {} : spec }),
      status,
    });
  }

  async #answer(asked: Asked): Promise<JsonObject> {
    const { review, spec, user } = asked;
    switch (review.kind) {
      case 'SelfSubjectReview':
        return { userInfo: userInfo(user) };
      case 'TokenReview':
        return await this.#tokenReview(spec);
      case 'SelfSubjectRulesReview':
        return await this.#rulesReview(user, textOf(spec.namespace));
      default: {
        const causes = accessFaults(asked);
        if (causes.length > 0) throw invalid({ group: review.group, kind: '' }, '', causes);
        const groups = Array.isArray(spec.groups) ? spec.groups.map(textOf) : [];
        const subject = review.kind === 'SelfSubjectAccessReview' ? user : { username: textOf(spec.user), groups };
        const { allowed, reason } = await this.#authorizer.authorize(subject, attributesOf(spec));
        return { allowed, ...(reason !== '' && { reason }) };
      }
    }
  }

  async #tokenReview(spec: JsonObject): Promise<JsonObject> {
    const token = textOf(spec.token);
    if (token === '') throw badRequest('token is required for TokenReview in authentication');
    const audiences = Array.isArray(spec.audiences) ? spec.audiences.map(textOf) : [];
    const verdict = await this.#reviewToken(token, audiences.length > 0 ? audiences : [SERVICE_ACCOUNT_ISSUER]);
    if ('fault' in verdict) return { user: {}, error: verdict.fault };
    return { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences };
  }

  async #rulesReview(user: UserInfo, namespace: string): Promise<JsonObject> {
    if (namespace === '') throw badRequest('no namespace on request');
    const rules = (await this.#authorizer.rulesFor(user, namespace)).map(({ rule }) => rule);
    const isPath = (rule: JsonObject): boolean =>
      Array.isArray(rule.nonResourceURLs) && rule.nonResourceURLs.length > 0;
    return {
      resourceRules: rules.filter((rule) => !isPath(rule)),
      nonResourceRules: rules.filter(isPath),
      incomplete: false,
    };
  }
}

/** What is wrong with a question about access; empty when nothing is. */
function accessFaults({ review, spec, namespace }: Asked): StatusCause[] {
  const wrong = (field: string, value: string, why: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    field: `spec.${field}`,
    message: `Invalid value: ${value}: ${why}`,
  });
  const causes: StatusCause[] = [];
  const resource = isObject(spec.resourceAttributes) ? spec.resourceAttributes : undefined;
  const path = isObject(spec.nonResourceAttributes) ? spec.nonResourceAttributes : undefined;
  const shownPath = `authorization.NonResourceAttributes{Path:${JSON.stringify(textOf(path?.path))}, Verb:${JSON.stringify(textOf(path?.verb))}}`;
  if (resource && path)
    causes.push(
      wrong('nonResourceAttributes', shownPath, 'cannot be specified in combination with resourceAttributes'),
    );
  if (!resource && !path)
    causes.push(
      wrong(
        'resourceAttributes',
        '"null"',
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  const hasGroups = Array.isArray(spec.groups) && spec.groups.length > 0;
  if (review.kind !== 'SelfSubjectAccessReview' && textOf(spec.user) === '' && !hasGroups)
    causes.push(wrong('user', '""', 'at least one of user or group must be specified'));
  if (causes.length > 0 || !review.namespaced) return causes;
  const inside = textOf(resource?.namespace);
  if (resource && inside !== namespace)
    causes.push(wrong('resourceAttributes.namespace', JSON.stringify(inside), 'must match metadata.namespace'));
  if (path) causes.push(wrong('nonResourceAttributes', shownPath, 'disallowed on this kind of request'));
  return causes;
}

function userInfo(user: UserInfo): JsonObject {
  return {
    username: user.username,
    ...(user.uid !== undefined && { uid: user.uid }),
    groups: user.groups,
    ...(user.extra && { extra: user.extra }),
  };
}

function attributesOf(spec: JsonObject): AccessAttributes {
  const path = fieldAt(spec, 'nonResourceAttributes');
  if (isObject(path)) return { type: 'path', verb: textOf(path.verb), path: textOf(path.path) };
  const attributes = isObject(spec.resourceAttributes) ? spec.resourceAttributes : {};
  const text = (field: string): string => textOf(attributes[field]);
  return {
    type: 'resource',
    verb: text('verb'),
    group: text('group'),
    resource: text('resource'),
    subresource: text('subresource') || undefined,
    namespace: text('namespace') || undefined,
    name: text('name') || undefined,
  };
}
