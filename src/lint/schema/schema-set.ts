import { splitApiVersion } from '../../kube/index.ts';
import { builtinSchema, customResourceValidator, type CustomResourceValidator } from '../../kube/schema/index.ts';
import type { CrdVersionSchema } from './read-crds.ts';

/** What can be said of a kind: how to check it, that its version is not served, or nothing. */
export type SchemaAnswer =
  { readonly validator: CustomResourceValidator } | { readonly served: readonly string[] } | undefined;

/** The schemas of built-in kinds and of the CRDs of a run; a validator is built when a kind is first met. */
export class SchemaSet {
  readonly #versions = new Map<string, CrdVersionSchema[]>();
  readonly #validators = new Map<string, Promise<CustomResourceValidator>>();

  /** Of two definitions of a kind and version the later one counts. */
  constructor(crds: readonly CrdVersionSchema[] = []) {
    for (const crd of crds) {
      const key = `${crd.group}/${crd.kind}`;
      const others = (this.#versions.get(key) ?? []).filter(({ version }) => version !== crd.version);
      this.#versions.set(key, [...others, crd]);
    }
  }

  async answerFor(apiVersion: string, kind: string): Promise<SchemaAnswer> {
    const { group, version } = splitApiVersion(apiVersion);
    const known = this.#versions.get(`${group}/${kind}`);
    const schema = known
      ? known.find((crd) => crd.version === version && crd.served)?.schema
      : builtinSchema(apiVersion, kind);
    if (known && !schema)
      return { served: known.filter(({ served }) => served).map((crd) => `${group}/${crd.version}`) };
    if (!schema) return undefined;
    const key = `${apiVersion}/${kind}`;
    const building = this.#validators.get(key) ?? customResourceValidator(schema);
    this.#validators.set(key, building);
    return { validator: await building };
  }
}
