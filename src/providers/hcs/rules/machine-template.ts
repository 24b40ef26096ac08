import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt } from '../../shared/reading.ts';
import { isCount, requiredFieldHits } from '../../shared/required-fields.ts';
import { slip } from '../../shared/rule-example.ts';

const spec = ['spec', 'template', 'spec'];

export const machineTemplateRule: ManifestRule = {
  code: 'MANIFEST_MACHINE_TEMPLATE',
  severity: 'error',
  what: 'HCSMachineTemplate names image, flavor and root volume; each data volume has size, type, mount path and format.',
  why: 'Seen when the first machine is made: HCS refuses the VM, or the volume is attached and mounted nowhere.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSMachineTemplate
metadata:
  name: global-worker-template
spec:
  template:
    spec:
      dataVolumes:
        - { size: 100, type: SSD, mountPath: /var/lib/kubelet, format: xfs }
        - { size: 100, type: SSD, mountPath: /var/lib/containerd, format: xfs }
`,
    '- { size: 100, type: SSD, mountPath: /var/lib/kubelet, format: xfs }',
    '- { size: 100, type: SSD, mountPath: /var/lib/kubelet, format: btrfs }',
  ),
  *check({ ofKind }) {
    for (const at of ofKind('HCSMachineTemplate')) {
      yield* requiredFieldHits(at, [
        { path: [...spec, 'imageName'], expected: 'the name of the image in HCS' },
        { path: [...spec, 'flavorName'], expected: 'the name of the flavor in the API' },
        { path: [...spec, 'rootVolume', 'type'], expected: 'a volume type such as SSD' },
        { path: [...spec, 'rootVolume', 'size'], expected: 'GB, 1 or more', accepts: isCount },
      ]);
      for (const [index, volume] of listAt(at.object, [...spec, 'dataVolumes']).entries()) {
        const path = [...spec, 'dataVolumes', index];
        yield* requiredFieldHits(at, [
          { path: [...path, 'size'], expected: 'GB, 1 or more', accepts: isCount },
          { path: [...path, 'type'], expected: 'a volume type such as SSD' },
          {
            path: [...path, 'mountPath'],
            expected: 'an absolute path',
            accepts: (value) => typeof value === 'string' && value.startsWith('/'),
          },
          {
            path: [...path, 'format'],
            expected: 'xfs or ext4',
            accepts: (value) => value === 'xfs' || value === 'ext4',
          },
        ]);
        if (fieldAt(volume, 'mountPath') === '/var/cpaas')
          yield {
            at,
            path: [...path, 'mountPath'],
            message: 'the state of the platform would die with the VM',
            expected: '/var/cpaas in persistentDisks of the pool',
            found: '/var/cpaas',
          };
      }
    }
  },
};
