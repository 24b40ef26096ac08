import { apiVersionOf, resources, splitApiVersion } from '../../kube/index.ts';
import { editDistance } from '../../site/index.ts';
import { slip, type ObjectsRule } from '../../providers/index.ts';

/** The kinds of the guide with the API versions that the packages deliver; two products can have one name for a kind. */
const delivered = new Map<string, string[]>();
for (const resource of Object.values(resources))
  delivered.set(resource.kind, [...(delivered.get(resource.kind) ?? []), apiVersionOf(resource)]);

function ofClusterApi(apiVersion: string): boolean {
  const { group } = splitApiVersion(apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

export const apiVersionRule: ObjectsRule = {
  code: 'MANIFEST_API_VERSION',
  severity: 'error',
  what: 'Objects of the guide have the apiVersion that the packages deliver, and a kind that is spelled right.',
  why: 'Seen when it is applied: kubectl answers "no matches for kind" and leaves the rest of the manifest half applied.',
  guide: 'Step 4',
  needsProvider: false,
  fix: 'Sets apiVersion.',
  example: slip(
    `apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata:
  name: global-md-0
`,
    'apiVersion: cluster.x-k8s.io/v1beta1',
    'apiVersion: cluster.x-k8s.io/v1beta2',
  ),
  *check({ objects }) {
    for (const at of objects) {
      const { apiVersion, kind } = at.object;
      const known = delivered.get(kind) ?? [];
      // Kinds of Cluster API that the guide has no use for are none of this: only a slip of the keyboard is.
      const near =
        known.length === 0 && ofClusterApi(apiVersion)
          ? [...delivered.keys()].find((name) => editDistance(name, kind) <= 2)
          : undefined;
      if (near !== undefined)
        yield { at, path: ['kind'], message: `no API has a kind ${kind}`, expected: near, found: kind };
      const expected = known.find((candidate) => sameApi(apiVersion, candidate));
      if (expected === undefined || known.includes(apiVersion)) continue;
      const path = ['apiVersion'];
      yield {
        at,
        path,
        message: `${kind} is delivered as ${expected}`,
        expected,
        found: apiVersion,
        fixes: [{ change: 'set', at, path, value: expected }],
      };
    }
  },
};

/** Whether both mean one API: the same group in another version, or a slip in the group. */
function sameApi(found: string, expected: string): boolean {
  const [a, b] = [splitApiVersion(found).group, splitApiVersion(expected).group];
  return a === b || editDistance(found, expected) <= 2;
}
