import { splitApiVersion } from '../../kube/index.ts';
import {
  isRecord,
  shown,
  slip,
  stringsIn,
  type FieldPath,
  type ObjectsRule,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';

/** Durations in the form of Go; the schemas take any text there, and the controllers none but these. */
const durations = new Set([
  'guestSoftPowerOffTimeout',
  'nodeDeletionTimeout',
  'nodeDrainTimeout',
  'nodeStartupTimeout',
  'nodeVolumeDetachTimeout',
]);
const durationForm = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;

/** Texts that people may begin and end as they like. */
const free = new Set(['content', 'preKubeadmCommands', 'postKubeadmCommands', 'sudo']);

/** What is left out whole where it is not used (vsphere.md §7); other fields are demanded, or have a meaning when they are empty. */
const optional = new Set([
  'availabilityZone',
  'datacenter',
  'datastoreClusterName',
  'datastoreName',
  'deviceName',
  'dvSwitchName',
  'failureDomain',
  'machineName',
  'mountOptions',
  'options',
  'os',
  'portGroupName',
  'portGroupUrn',
  'resourcePool',
  'snapshot',
  'storagePolicy',
  'storagePolicyName',
  'vipDomainName',
]);

/** Kinds whose every field is a name, a form or a number; Secrets and ConfigMaps hold texts of others. */
function ofClusterApi({ object }: PlacedObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

function* textHits(at: PlacedObject): Generator<RuleHit> {
  for (const { path: below, text } of stringsIn(at.object['spec'])) {
    const path = ['spec', ...below];
    const field = String(below.findLast((step) => typeof step === 'string'));
    if (below.some((step) => free.has(String(step))) || isLabel(below)) continue;
    const hit = (message: string, expected: string, more: Partial<RuleHit> = {}): RuleHit => ({
      at,
      path,
      message,
      expected,
      found: shown(text),
      ...more,
    });
    if (durations.has(field) && !text.includes('${') && !durationForm.test(text))
      yield hit(`${field} is ${text === '' ? 'empty' : text}`, 'a number with its unit, such as 1m or 30s');
    else if (text !== '' && text.trim() !== text)
      yield hit(`${field} has blanks or a line end around its value`, JSON.stringify(text.trim()));
    else if (text === '' && optional.has(field))
      yield hit(`${field} is empty`, 'a value, or no such key', { severity: 'warning' });
  }
}

const isLabel = (path: FieldPath): boolean => ['labels', 'annotations', 'matchLabels'].includes(String(path.at(-2)));

export const fieldValues: ObjectsRule = {
  code: 'MANIFEST_VALUE',
  severity: 'error',
  what: 'Texts have no blanks around them, durations have a unit, counts are not negative, and an optional field is left out rather than left empty.',
  why: 'Seen when the first machine is made: the infrastructure has nothing of a name that ends with a blank, and an empty text is not a default.',
  guide: 'Step 4; pages of the providers',
  needsProvider: false,
  appliesTo: 'every',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  machineTemplate:
    nodeDrainTimeout: 1m
`,
    'nodeDrainTimeout: 1m',
    'nodeDrainTimeout: 1 min',
  ),
  *check({ objects }) {
    for (const at of objects) {
      if (at.origin === 'live' || !ofClusterApi(at)) continue;
      yield* textHits(at);
      const { spec } = at.object;
      for (const field of ['replicas', 'releaseDelayHours']) {
        const found = isRecord(spec) ? spec[field] : undefined;
        if (typeof found === 'number' && found < 0)
          yield {
            at,
            path: ['spec', field],
            message: `${field} is ${String(found)}`,
            expected: '0 or more',
            found: String(found),
          };
      }
    }
  },
};
