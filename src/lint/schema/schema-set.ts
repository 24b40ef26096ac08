import { splitApiVersion } from '../../kube/index.ts';
import {
  builtinSchema,
  customResourceValidator,
  type CustomResourceValidator,
  type StructuralSchema,
} from '../../kube/schema/index.ts';
import { versionsOf, type CrdVersionSchema } from './crd-versions.ts';

/** What can be said of a kind: how to check it, that its version is not served, or nothing. */
export type SchemaAnswer =
  | {
      readonly validator: CustomResourceValidator;
      /** The schema is the project's own record of what packages carry: those of a release may know more fields. */
      readonly recorded: boolean;
    }
  | { readonly served: readonly string[] }
  | undefined;

/**
 * The schemas of built-in kinds, of the CRDs of a run, and of the project's own where a run brings none for a kind; a validator is
 * built when a kind is first met.
 */
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
    const given = known
      ? known.find((crd) => crd.version === version && crd.served)?.schema
      : builtinSchema(apiVersion, kind);
    if (known && !given)
      return { served: known.filter(({ served }) => served).map((crd) => `${group}/${crd.version}`) };
    const schema = given ?? (await recordedSchema(group, version, kind));
    if (!schema) return undefined;
    const key = `${apiVersion}/${kind}`;
    const building = this.#validators.get(key) ?? customResourceValidator(schema);
    this.#validators.set(key, building);
    return { validator: await building, recorded: given === undefined };
  }
}

/** Another version than the recorded one may be right in a later package: nothing is said of it here. */
async function recordedSchema(group: string, version: string, kind: string): Promise<StructuralSchema | undefined> {
  if (group !== 'cluster.x-k8s.io' && !group.endsWith('.cluster.x-k8s.io')) return undefined;
  // Loaded only for manifests that need them.
  const { coreCrds, dcsCrds, hcsCrds, kubeadmCrds, vsphereCrds } = await import('../../kube/crds/index.ts');
  return [coreCrds, kubeadmCrds, dcsCrds, hcsCrds, vsphereCrds]
    .flat()
    .flatMap(versionsOf)
    .find((crd) => crd.group === group && crd.version === version && crd.kind === kind && crd.served)?.schema;
}
