import { expect } from 'vitest';
import type { Json } from './api-connection.ts';
import { textAt, type ContractCase, type World } from './contract-case.ts';

const COLLECTION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A version `v1` of a definition, with what the case is about in place of the usual. */
export const version = (changes: Json = {}): Json => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object' } },
  ...changes,
});

export interface Refusal {
  /** What is sent, as the end of a sentence that begins with `a definition`. */
  readonly title: string;
  readonly spec: Json;
  readonly metadata?: Json;
  /** Everything after `is invalid: `; GROUP stands for the group of the run. */
  readonly message: string;
}

/** A definition of Things in the group of the run. */
export function thing(w: World, spec: Json = {}, metadata: Json = {}): Json {
  const { group = w.group } = spec;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${String(group)}`, ...metadata },
    spec: { group, scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [version()], ...spec },
  };
}

/** A case that sends the definition as a dry run and expects the refusal. */
export function refusalCase({ title, spec, metadata = {}, message }: Refusal): ContractCase {
  return {
    title: `a definition ${title} is refused`,
    run: async (w) => {
      const answer = await w.api.call('POST', `${COLLECTION}?dryRun=All`, thing(w, spec, metadata));
      expect({ code: answer.code, reason: answer.body['reason'] }).toEqual({ code: 422, reason: 'Invalid' });
      const text = textAt(answer.body, 'message').replace(/^.*? is invalid: /, '');
      expect(text.replaceAll(w.group, 'GROUP')).toBe(message);
    },
  };
}

/** A definition whose one version has this schema. */
export const ofSchema = (openAPIV3Schema: Json): Json => ({ versions: [version({ schema: { openAPIV3Schema } })] });

/** A definition whose objects have one field `a` of this schema. */
export const ofField = (a: Json): Json => ofSchema({ type: 'object', properties: { a } });

export const ROOT = 'spec.validation.openAPIV3Schema';
export const FIELD = `${ROOT}.properties[a]`;
