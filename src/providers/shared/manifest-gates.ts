import { gte, lt, valid } from 'semver';
import { fieldAt } from '../../kube/index.ts';
import type { FieldPath, ManifestRule, ManifestView, PlacedObject, RuleExample, RuleHit } from '../rule.ts';

/** A feature that a manifest uses and the provider has from a version on (versions.md, "Provider version gates"). */
export interface ManifestGate {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly feature: string;
  readonly needs: string;
}

/** The version of the infrastructure provider: that of its AppRelease, else that of the site. */
function providerVersion({ ofKind, provider, site }: ManifestView): string | undefined {
  const release = ofKind('AppRelease').find(({ object }) => object.metadata.name === provider.package.release);
  const version =
    fieldAt(release?.object, 'spec', 'source', 'charts', 0, 'targetRevision') ?? site?.versions.infrastructureProvider;
  return typeof version === 'string' && valid(version) !== null ? version : undefined;
}

/** Newer charts of Kube-OVN need newer providers. */
export function* kubeOvnGates({ scope: { root: at } }: ManifestView, needs: string): Generator<ManifestGate> {
  const path = ['metadata', 'annotations', 'cpaas.io/kube-ovn-version'];
  const version = fieldAt(at?.object, ...path);
  if (at && typeof version === 'string' && valid(version) !== null && gte(version, 'v4.4.0-0'))
    yield { at, path, feature: `Kube-OVN chart ${version}`, needs };
}

const facts = {
  code: 'MANIFEST_PROVIDER_VERSION',
  severity: 'error',
  what: 'Every feature that the manifest uses is in the version of the provider that the AppRelease or the site names.',
  why: 'Seen as a field that nobody acts upon: an older provider does not know it, and the disk, NIC or key is simply not there.',
  guide: 'Naming Convention (supported version set); page of the provider',
  // The same is said of the site, where the feature is switched on.
  siteChecksIt: true,
} as const;

/** The rule for one provider: `gates` lists the features in use, each with the first version that has it. */
export function versionGatesRule(
  gates: (view: ManifestView) => Iterable<ManifestGate>,
  example: RuleExample,
): ManifestRule {
  return {
    ...facts,
    example,
    *check(view): Generator<RuleHit> {
      const version = providerVersion(view);
      if (version === undefined) return;
      const said = new Set<string>();
      for (const { at, path, feature, needs } of gates(view)) {
        if (!lt(version, needs) || said.has(feature)) continue;
        // A pool of a thousand entries uses a feature a thousand times.
        said.add(feature);
        yield {
          at,
          path,
          message: `${feature} needs provider ${needs}`,
          expected: `${needs} or newer`,
          found: version,
        };
      }
    },
  };
}
