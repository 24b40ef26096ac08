import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { textOf } from '../json.ts';
import type { Conversion, ResourceDefinition, Strategy } from '../resource-definition.ts';
import type { StatusCause } from '../status-error.ts';
import { eventColumns } from './core-columns.ts';
import { builtIn } from './define.ts';

/** Events are kept once and seen in two ways: as `v1` of the core group, which is stored, and as `events.k8s.io/v1`. */

/** Fields by their core name and by that of events.k8s.io. */
const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const;

function rename(object: KubeObject, apiVersion: string, names: readonly (readonly [string, string])[]): KubeObject {
  const result: KubeObject = { ...object, apiVersion };
  for (const [from, to] of names) {
    Reflect.deleteProperty(result, from);
    if (object[from] !== undefined && object[from] !== '') result[to] = object[from];
  }
  return result;
}

const conversion: Conversion = {
  fromStored: (event) => {
    const { reportingInstance, ...rest } = event;
    return rename({ ...rest, ...(reportingInstance !== '' && { reportingInstance }) }, 'events.k8s.io/v1', renamed);
  },
  toStored: (event) => ({
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: '',
    reportingInstance: '',
    ...rename(
      event,
      'v1',
      renamed.map(([core, own]) => [own, core] as const),
    ),
  }),
};

/** What field selectors may ask, of the stored form. */
function selectableFields(event: KubeObject): Record<string, string> {
  const text = (...path: string[]): string => textOf(fieldAt(event, ...path));
  const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
  return {
    ...Object.fromEntries(involved.map((f) => [`involvedObject.${f}`, text('involvedObject', f)])),
    reason: text('reason'),
    reportingComponent: text('reportingComponent'),
    source: text('source', 'component') || text('reportingComponent'),
    type: text('type'),
  };
}

const required = (field: string): StatusCause => ({ reason: 'FieldValueRequired', message: 'Required value', field });

/** An event about an object of a namespace is in that namespace, one about a node in `default`. */
function namespaceErrors(event: KubeObject, field: string): StatusCause[] {
  const about = textOf(fieldAt(event, field, 'namespace'));
  const { namespace = '' } = event.metadata;
  if (about === namespace || (about === '' && namespace === 'default')) return [];
  return [
    {
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(about)}: does not match event.namespace`,
      field: 'involvedObject.namespace',
    },
  ];
}

const coreStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  validate: (event, old) => (old ? [] : namespaceErrors(event, 'involvedObject')),
  selectableFields,
};

/** The newer group asks for more. */
const newStrategy: Partial<Strategy> = {
  createOnUpdate: true,
  validate: (event, old) => {
    if (old) return [];
    const causes = namespaceErrors(event, 'regarding');
    if (event.eventTime === undefined || event.eventTime === null) causes.push(required('eventTime'));
    if (causes.length === 0)
      for (const field of ['reportingController', 'reportingInstance', 'action', 'reason'])
        if (textOf(event[field]) === '') causes.push(required(field));
    const type = textOf(event.type);
    if (type !== 'Normal' && type !== 'Warning')
      causes.push({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(type)}: has invalid value: ${type}`,
        field: 'type',
      });
    return causes;
  },
  selectableFields,
};

const newEvents = builtIn('events.k8s.io/v1', 'Event', 'events', {
  shortNames: ['ev'],
  strategy: newStrategy,
  columns: eventColumns,
});

/** Both views of events. */
export const eventResources: readonly ResourceDefinition[] = [
  builtIn('v1', 'Event', 'events', { shortNames: ['ev'], strategy: coreStrategy, columns: eventColumns }),
  { ...newEvents, versions: newEvents.versions.map((version) => ({ ...version, conversion })) },
];
