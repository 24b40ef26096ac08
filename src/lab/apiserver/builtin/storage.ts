import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { objectsIn, setDefault, textOf } from '../json.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, nameColumn, textAt, textColumn } from './columns.ts';
import { builtIn, specOf } from './define.ts';
import { storageClassFaults } from './rules/storage-rules.ts';

const STORAGE = 'storage.k8s.io/v1';

const storageClassStrategy: Partial<Strategy> = {
  validate: storageClassFaults,
  applyDefaults: (object) => {
    setDefault(object, 'reclaimPolicy', 'Delete');
    setDefault(object, 'volumeBindingMode', 'Immediate');
  },
};

const isDefaultClass = (object: KubeObject): string => {
  const { annotations } = object.metadata;
  const marked = annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return `${object.metadata.name ?? ''}${marked ? ' (default)' : ''}`;
};

const storageClassColumns: readonly Column[] = [
  { ...nameColumn, value: isDefaultClass },
  textColumn('Provisioner', (o) => textOf(o.provisioner)),
  textColumn('ReclaimPolicy', (o) => textOf(o.reclaimPolicy)),
  textColumn('VolumeBindingMode', (o) => textOf(o.volumeBindingMode)),
  { name: 'AllowVolumeExpansion', type: 'boolean', value: (o) => o.allowVolumeExpansion === true },
  ageColumn,
];

const flag = (name: string, field: string): Column => ({
  name,
  type: 'boolean',
  value: (o) => fieldAt(o, 'spec', field) === true,
});

const driverStrategy: Partial<Strategy> = {
  unconditionalUpdate: false,
  applyDefaults: (driver) => {
    const spec = specOf(driver);
    setDefault(spec, 'attachRequired', true);
    for (const field of ['podInfoOnMount', 'storageCapacity', 'requiresRepublish', 'seLinuxMount'])
      setDefault(spec, field, false);
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    setDefault(spec, 'volumeLifecycleModes', ['Persistent']);
  },
};

const driverColumns: readonly Column[] = [
  nameColumn,
  flag('AttachRequired', 'attachRequired'),
  flag('PodInfoOnMount', 'podInfoOnMount'),
  flag('StorageCapacity', 'storageCapacity'),
  textColumn(
    'TokenRequests',
    (o) =>
      objectsIn(fieldAt(o, 'spec', 'tokenRequests'))
        .map((t) => textOf(t.audience))
        .join(','),
    { none: '<unset>' },
  ),
  flag('RequiresRepublish', 'requiresRepublish'),
  textColumn('Modes', (o) => {
    const modes = fieldAt(o, 'spec', 'volumeLifecycleModes');
    return Array.isArray(modes) ? modes.map(textOf).join(',') : '';
  }),
  ageColumn,
];

const attachmentColumns: readonly Column[] = [
  nameColumn,
  textColumn('Attacher', (o) => textAt(o, 'spec', 'attacher')),
  textColumn('PV', (o) => textAt(o, 'spec', 'source', 'persistentVolumeName')),
  textColumn('Node', (o) => textAt(o, 'spec', 'nodeName')),
  { name: 'Attached', type: 'boolean', value: (o) => fieldAt(o, 'status', 'attached') === true },
  ageColumn,
];

/** The group `storage.k8s.io`. */
export const storageResources: readonly ResourceDefinition[] = [
  builtIn(STORAGE, 'StorageClass', 'storageclasses', {
    shortNames: ['sc'],
    clusterScoped: true,
    strategy: storageClassStrategy,
    columns: storageClassColumns,
  }),
  builtIn(STORAGE, 'CSIDriver', 'csidrivers', {
    clusterScoped: true,
    singular: 'csidriver',
    strategy: driverStrategy,
    columns: driverColumns,
  }),
  builtIn(STORAGE, 'CSINode', 'csinodes', {
    clusterScoped: true,
    strategy: { unconditionalUpdate: false },
    columns: [
      nameColumn,
      { name: 'Drivers', type: 'integer', value: (o) => objectsIn(fieldAt(o, 'spec', 'drivers')).length },
      ageColumn,
    ],
  }),
  builtIn(STORAGE, 'VolumeAttachment', 'volumeattachments', {
    clusterScoped: true,
    status: true,
    strategy: { unconditionalUpdate: false },
    columns: attachmentColumns,
  }),
  builtIn(STORAGE, 'CSIStorageCapacity', 'csistoragecapacities', {
    strategy: { unconditionalUpdate: false },
    columns: [
      nameColumn,
      textColumn('StorageClassName', (o) => textOf(o.storageClassName)),
      textColumn('Capacity', (o) => textOf(o.capacity), { none: '<unset>' }),
    ],
  }),
];
