import { fieldAt } from '../../../kube/index.ts';
import type { UserInfo } from '../api-context.ts';
import type { ReviewResource } from '../discovery.ts';
import type { Exchange } from '../http/exchange.ts';
import { isObject, objectIn, textOf, type JsonObject } from '../json.ts';
import { badRequest, methodNotAllowed } from '../status-error.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import type { AccessAttributes, RbacAuthorizer } from './authorizer.ts';

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

export class Reviews {
  readonly #authorizer: RbacAuthorizer;
  readonly #tokens: TokenAuthenticator;

  constructor(authorizer: RbacAuthorizer, tokens: TokenAuthenticator) {
    this.#authorizer = authorizer;
    this.#tokens = tokens;
  }

  static find(group: string, version: string, plural: string): ReviewResource | undefined {
    return reviewResources.find((r) => r.group === group && r.version === version && r.plural === plural);
  }

  async handle(exchange: Exchange, review: ReviewResource): Promise<void> {
    if (exchange.method !== 'POST') throw methodNotAllowed();
    const body = await exchange.bodyValue();
    if (!isObject(body)) throw badRequest('the request body must be an object');
    const object: JsonObject = { ...body, kind: review.kind, apiVersion: `${review.group}/${review.version}` };
    objectIn(object, 'metadata').creationTimestamp ??= null;
    object.status = await this.#answer(review.kind, objectIn(object, 'spec'), exchange.user);
    exchange.sendJson(201, object);
  }

  async #answer(kind: string, spec: JsonObject, user: UserInfo): Promise<JsonObject> {
    switch (kind) {
      case 'SelfSubjectReview':
        return { userInfo: userInfo(user) };
      case 'TokenReview':
        return await this.#tokenReview(spec);
      case 'SelfSubjectRulesReview':
        return await this.#rulesReview(user, textOf(spec.namespace));
      case 'SelfSubjectAccessReview':
        return { ...(await this.#authorizer.authorize(user, attributesOf(spec))) };
      default: {
        const groups = Array.isArray(spec.groups) ? spec.groups.map(textOf) : [];
        const subject = { username: textOf(spec.user), groups };
        if (subject.username === '' && groups.length === 0)
          throw badRequest('at least one of user or group must be specified');
        return { ...(await this.#authorizer.authorize(subject, attributesOf(spec))) };
      }
    }
  }

  async #tokenReview(spec: JsonObject): Promise<JsonObject> {
    const user = await this.#tokens(textOf(spec.token));
    if (!user) return { authenticated: false, user: {}, error: 'invalid bearer token' };
    return {
      authenticated: true,
      user: userInfo(user),
      ...(spec.audiences !== undefined && { audiences: spec.audiences }),
    };
  }

  async #rulesReview(user: UserInfo, namespace: string): Promise<JsonObject> {
    const masters = user.groups.includes('system:masters');
    const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    const rules = (await this.#authorizer.rulesFor(user, namespace)).map(({ rule }) => rule);
    return {
      resourceRules: [...(masters ? [all] : []), ...rules.filter((r) => r.nonResourceURLs === undefined)],
      nonResourceRules: rules.filter((r) => r.nonResourceURLs !== undefined),
      incomplete: false,
    };
  }
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
  const attributes = fieldAt(spec, 'resourceAttributes');
  if (!isObject(attributes))
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified');
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
