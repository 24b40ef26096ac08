import { conditionOf, fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectsIn, textOf } from '../json.ts';
import type { Column } from '../resource-definition.ts';
import { ageColumn, labelsText, nameColumn, numberColumn, printedAge, textAt, textColumn } from './columns.ts';

/** What `kubectl get` shows of the core kinds. */

export const namespaceColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', (o) => textAt(o, 'status', 'phase')),
  ageColumn,
];

const ROLE_LABEL = 'node-role.kubernetes.io/';

function nodeRoles(node: KubeObject): string {
  const labels = Object.entries(node.metadata.labels ?? {});
  const roles = labels.flatMap(([key, value]) =>
    key.startsWith(ROLE_LABEL) ? [key.slice(ROLE_LABEL.length)] : key === 'kubernetes.io/role' ? [value] : [],
  );
  return roles
    .filter((r) => r !== '')
    .sort()
    .join(',');
}

function nodeStatus(node: KubeObject): string {
  const ready = conditionOf(node, 'Ready');
  const parts = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (fieldAt(node, 'spec', 'unschedulable') === true) parts.push('SchedulingDisabled');
  return parts.join(',');
}

function nodeAddress(node: KubeObject, type: string): string {
  const found = objectsIn(fieldAt(node, 'status', 'addresses')).find((a) => a.type === type);
  return textOf(found?.address);
}

const info =
  (field: string) =>
  (node: KubeObject): string =>
    textAt(node, 'status', 'nodeInfo', field);

export const nodeColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', nodeStatus),
  textColumn('Roles', nodeRoles, { none: '<none>' }),
  ageColumn,
  textColumn('Version', info('kubeletVersion')),
  textColumn('Internal-IP', (o) => nodeAddress(o, 'InternalIP'), { priority: 1, none: '<none>' }),
  textColumn('External-IP', (o) => nodeAddress(o, 'ExternalIP'), { priority: 1, none: '<none>' }),
  textColumn('OS-Image', info('osImage'), { priority: 1, none: '<unknown>' }),
  textColumn('Kernel-Version', info('kernelVersion'), { priority: 1, none: '<unknown>' }),
  textColumn('Container-Runtime', info('containerRuntimeVersion'), { priority: 1, none: '<unknown>' }),
];

const size = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

export const secretColumns: readonly Column[] = [
  nameColumn,
  textColumn('Type', (o) => textOf(o.type)),
  numberColumn('Data', (o) => size(o.data)),
  ageColumn,
];

export const configMapColumns: readonly Column[] = [
  nameColumn,
  numberColumn('Data', (o) => size(o.data) + size(o.binaryData)),
  ageColumn,
];

export const serviceAccountColumns: readonly Column[] = [
  nameColumn,
  numberColumn('Secrets', (o) => objectsIn(o.secrets).length),
  ageColumn,
];

function externalAddress(service: KubeObject): string {
  const type = textAt(service, 'spec', 'type');
  const listed = fieldAt(service, 'spec', 'externalIPs');
  const external = Array.isArray(listed) ? listed.map(textOf) : [];
  if (type === 'ExternalName') return textAt(service, 'spec', 'externalName');
  if (type !== 'LoadBalancer') return external.join(',');
  const ingress = objectsIn(fieldAt(service, 'status', 'loadBalancer', 'ingress'));
  const found = [...ingress.map((i) => textOf(i.ip) || textOf(i.hostname)), ...external];
  return found.length > 0 ? found.join(',') : '<pending>';
}

function servicePorts(service: KubeObject): string {
  return objectsIn(fieldAt(service, 'spec', 'ports'))
    .map((p) => {
      const node = typeof p.nodePort === 'number' && p.nodePort > 0 ? `:${String(p.nodePort)}` : '';
      return `${String(p.port)}${node}/${textOf(p.protocol)}`;
    })
    .join(',');
}

export const serviceColumns: readonly Column[] = [
  nameColumn,
  textColumn('Type', (o) => textAt(o, 'spec', 'type')),
  textColumn('Cluster-IP', (o) => textAt(o, 'spec', 'clusterIP'), { none: '<none>' }),
  textColumn('External-IP', externalAddress, { none: '<none>' }),
  textColumn('Port(s)', servicePorts, { none: '<none>' }),
  ageColumn,
  textColumn('Selector', (o) => labelsText(fieldAt(o, 'spec', 'selector')), { priority: 1 }),
];

function endpointList(endpoints: KubeObject): string {
  const all = objectsIn(endpoints.subsets).flatMap((subset) => {
    const ports = objectsIn(subset.ports);
    return objectsIn(subset.addresses).flatMap((a) =>
      ports.length === 0 ? [textOf(a.ip)] : ports.map((p) => `${textOf(a.ip)}:${String(p.port as number)}`),
    );
  });
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${String(all.length - 3)} more...` : shown;
}

export const endpointsColumns: readonly Column[] = [
  nameColumn,
  textColumn('Endpoints', endpointList, { none: '<none>' }),
  ageColumn,
];

function eventTimes(event: KubeObject): { first: unknown; last: unknown; count: number } {
  const series = isObject(event.series) ? event.series : undefined;
  const first = event.firstTimestamp ?? event.eventTime;
  const last = series?.lastObservedTime ?? event.lastTimestamp ?? first;
  const count = series?.count ?? event.count;
  return { first, last, count: typeof count === 'number' ? count : 1 };
}

function lastSeen(event: KubeObject, nowMs: number): string {
  return printedAge(eventTimes(event).last, nowMs);
}

export const eventColumns: readonly Column[] = [
  { name: 'Last Seen', type: 'string', value: lastSeen },
  textColumn('Type', (o) => textOf(o.type)),
  textColumn('Reason', (o) => textOf(o.reason)),
  textColumn('Object', (o) => {
    const kind = textAt(o, 'involvedObject', 'kind').toLowerCase();
    const name = textAt(o, 'involvedObject', 'name');
    return name === '' ? kind : `${kind}/${name}`;
  }),
  textColumn('Subobject', (o) => textAt(o, 'involvedObject', 'fieldPath'), { priority: 1 }),
  textColumn(
    'Source',
    (o) =>
      [textAt(o, 'source', 'component') || textOf(o.reportingComponent), textAt(o, 'source', 'host')]
        .filter((t) => t !== '')
        .join(', '),
    { priority: 1 },
  ),
  textColumn('Message', (o) => textOf(o.message).trim()),
  { name: 'First Seen', type: 'string', priority: 1, value: (o, nowMs) => printedAge(eventTimes(o).first, nowMs) },
  { name: 'Count', type: 'integer', priority: 1, value: (o) => eventTimes(o).count },
  { ...nameColumn, priority: 1 },
];

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modes(value: unknown): string {
  return Array.isArray(value) ? value.map((m) => accessModes[textOf(m)] ?? textOf(m)).join(',') : '';
}

export const claimColumns: readonly Column[] = [
  nameColumn,
  textColumn('Status', (o) =>
    o.metadata.deletionTimestamp === undefined ? textAt(o, 'status', 'phase') : 'Terminating',
  ),
  textColumn('Volume', (o) => textAt(o, 'spec', 'volumeName')),
  textColumn('Capacity', (o) => textAt(o, 'status', 'capacity', 'storage')),
  textColumn('Access Modes', (o) => modes(fieldAt(o, 'status', 'accessModes'))),
  textColumn('StorageClass', (o) => textAt(o, 'spec', 'storageClassName')),
  textColumn('VolumeAttributesClass', (o) => textAt(o, 'spec', 'volumeAttributesClassName'), { none: '<unset>' }),
  ageColumn,
  textColumn('VolumeMode', (o) => textAt(o, 'spec', 'volumeMode'), { priority: 1 }),
];

export const volumeColumns: readonly Column[] = [
  nameColumn,
  textColumn('Capacity', (o) => textAt(o, 'spec', 'capacity', 'storage')),
  textColumn('Access Modes', (o) => modes(fieldAt(o, 'spec', 'accessModes'))),
  textColumn('Reclaim Policy', (o) => textAt(o, 'spec', 'persistentVolumeReclaimPolicy')),
  textColumn('Status', (o) =>
    o.metadata.deletionTimestamp === undefined ? textAt(o, 'status', 'phase') : 'Terminating',
  ),
  textColumn('Claim', (o) => {
    const name = textAt(o, 'spec', 'claimRef', 'name');
    return name === '' ? '' : `${textAt(o, 'spec', 'claimRef', 'namespace')}/${name}`;
  }),
  textColumn('StorageClass', (o) => textAt(o, 'spec', 'storageClassName')),
  textColumn('VolumeAttributesClass', (o) => textAt(o, 'spec', 'volumeAttributesClassName'), { none: '<unset>' }),
  textColumn('Reason', (o) => textAt(o, 'status', 'reason')),
  ageColumn,
  textColumn('VolumeMode', (o) => textAt(o, 'spec', 'volumeMode'), { priority: 1 }),
];
