import { isLabelKey, isLabelValue, recordAt, slip, type FieldPath, type ObjectsRule } from '../../providers/index.ts';

/** Where the kinds of the guide have labels, or ask for them. */
const labelBlocks: readonly FieldPath[] = [
  ['metadata', 'labels'],
  ['spec', 'template', 'metadata', 'labels'],
  ['spec', 'machineTemplate', 'metadata', 'labels'],
  ['spec', 'selector', 'matchLabels'],
  ['spec', 'clusterSelector', 'matchLabels'],
];
const annotationBlocks: readonly FieldPath[] = [
  ['metadata', 'annotations'],
  ['spec', 'template', 'metadata', 'annotations'],
  ['spec', 'machineTemplate', 'metadata', 'annotations'],
];

/** What the API server takes for all annotations of an object together. */
const annotationBytes = 256 * 1024;
const keyForm = 'letters, digits, hyphens, underscores and dots, at most 63, behind <domain>/ where the key has one';

export const labels: ObjectsRule = {
  code: 'MANIFEST_LABEL',
  severity: 'error',
  what: 'Keys of labels and annotations and values of labels are of the form that Kubernetes demands; annotations have at most 256 KiB.',
  why: 'Seen when it is applied: the API server refuses the object; in the template of a deployment it takes them, and no machine is ever made.',
  guide: 'Step 4',
  needsProvider: false,
  appliesTo: 'every',
  example: slip(
    `kind: DCSIpHostnamePool
metadata:
  name: global-cp-pool
  labels:
    team: platform
`,
    'team: platform',
    'team: platform and network',
  ),
  *check({ objects }) {
    for (const at of objects) {
      for (const block of [...labelBlocks, ...annotationBlocks]) {
        const entries = Object.entries(recordAt(at.object, block));
        const areLabels = labelBlocks.includes(block);
        for (const [key, value] of entries) {
          const path = [...block, key];
          // Keys of annotations may have capital letters in their domain.
          if (!isLabelKey(areLabels ? key : key.toLowerCase()))
            yield { at, path, message: `${key} is no key of a label or annotation`, expected: keyForm, found: key };
          else if (areLabels && typeof value === 'string' && !/\$\{|^<.*>$/.test(value) && !isLabelValue(value))
            yield {
              at,
              path,
              message: `label ${key} has a value that no label can have`,
              expected: 'letters, digits, hyphens, underscores and dots, a letter or digit at both ends, at most 63',
              found: value,
            };
        }
        const bytes = Buffer.byteLength(entries.map(([key, value]) => key + String(value)).join(''));
        if (!areLabels && bytes > annotationBytes)
          yield {
            at,
            path: block,
            message: `the annotations have ${String(bytes)} bytes`,
            expected: `at most ${String(annotationBytes)}`,
            found: String(bytes),
          };
      }
    }
  },
};
