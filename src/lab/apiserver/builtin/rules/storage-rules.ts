import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { parseQuantity } from '../../../../kube/schema/index.ts';
import { equalJson, isObject, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, GoSyntax, immutable, invalid, notSupported, oneOf, required } from './faults.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

function accessModeFaults(modes: unknown, detail: string): StatusCause[] {
  if (!Array.isArray(modes) || modes.length === 0) return [required('spec.accessModes', detail)];
  return modes.flatMap((mode) => oneOf('spec.accessModes', mode, ACCESS_MODES));
}

export function claimFaults(claim: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = isObject(claim.spec) ? claim.spec : {};
  const size = fieldAt(spec, 'resources', 'requests', 'storage');
  const faults = accessModeFaults(spec.accessModes, 'at least 1 access mode is required');
  if (size === undefined) faults.push(required('spec.resources[storage]'));
  else if ((parseQuantity(textOf(size)) ?? 0) <= 0)
    faults.push(invalid('spec.resources[storage]', size, 'must be greater than zero'));
  return old ? [...faults, ...claimUpdateFaults(spec, old)] : faults;
}

/** A claim is what it is; a bound one may ask for more, and any may be bound. */
function claimUpdateFaults(spec: JsonObject, old: KubeObject): StatusCause[] {
  const before = isObject(old.spec) ? old.spec : {};
  const isBound = fieldAt(old, 'status', 'phase') === 'Bound';
  const fixed = (s: JsonObject): JsonObject => {
    const { resources, volumeAttributesClassName: _, volumeName, storageClassName, ...rest } = s;
    return {
      ...rest,
      volumeName: textOf(before.volumeName) === '' ? undefined : volumeName,
      storageClassName,
      resources: isBound ? undefined : resources,
    };
  };
  return equalJson(fixed(spec), fixed(before))
    ? []
    : [
        forbidden(
          'spec',
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
        ),
      ];
}

/** Fields of a volume's spec that are not its source. */
const NO_SOURCE = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

export function volumeFaults(volume: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = isObject(volume.spec) ? volume.spec : {};
  const source = (s: unknown): JsonObject =>
    Object.fromEntries(Object.entries(isObject(s) ? s : {}).filter(([key]) => !NO_SOURCE.has(key)));
  const faults = accessModeFaults(spec.accessModes, '');
  const capacity = isObject(spec.capacity) ? spec.capacity : {};
  if (Object.keys(capacity).length === 0) faults.push(required('spec.capacity'));
  if (capacity.storage === undefined)
    faults.push(notSupported('spec.capacity', new GoSyntax('core.ResourceList(nil)'), ['storage']));
  faults.push(
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain']),
  );
  if (Object.keys(source(spec)).length === 0) faults.push(required('spec', 'must specify a volume type'));
  if (old && !equalJson(source(spec), source(old.spec)))
    faults.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  return faults;
}

export function storageClassFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  if (!old)
    return [
      ...(textOf(object.provisioner) === '' ? [required('provisioner')] : []),
      ...oneOf('reclaimPolicy', object.reclaimPolicy, ['Delete', 'Retain']),
      ...oneOf('volumeBindingMode', object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ];
  const faults: StatusCause[] = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'])
    if (!equalJson(object[field], old[field])) faults.push(forbidden(field, `updates to ${field} are forbidden.`));
  if (object.volumeBindingMode !== old.volumeBindingMode)
    faults.push(immutable('volumeBindingMode', object.volumeBindingMode));
  return faults;
}
