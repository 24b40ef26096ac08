import { canonicalQuantity, parseQuantity } from '../../../../kube/schema/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, invalid, notFound, oneOf, required } from './faults.ts';
import { dnsLabel, dnsSubdomain, portName, portNumber, relativePath } from './formats.ts';
import { handlerFaults, probeFaults } from './probe-rules.ts';

/** What a container is checked against. */
export interface ContainerSurroundings {
  /** Names of the Pod's volumes. */
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
}

/** What is wrong with a container, in the order in which the API server finds it. */
export function containerFaults(field: string, container: JsonObject, around: ContainerSurroundings): StatusCause[] {
  const name = textOf(container.name);
  const image = textOf(container.image);
  return [
    ...(name === '' ? [required(`${field}.name`)] : dnsLabel(`${field}.name`, name)),
    ...(image === '' ? [required(`${field}.image`)] : []),
    ...(image !== image.trim()
      ? [invalid(`${field}.image`, image, 'must not have leading or trailing whitespace')]
      : []),
    ...lifecycleFaults(field, container.lifecycle),
    ...(['livenessProbe', 'readinessProbe', 'startupProbe'] as const).flatMap((probe) =>
      probeFaults(`${field}.${probe}`, container[probe], probe !== 'readinessProbe'),
    ),
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...portFaults(`${field}.ports`, objectsIn(container.ports), around.hostNetwork),
    ...objectsIn(container.env).flatMap((variable, i) => variableFaults(`${field}.env[${String(i)}]`, variable)),
    ...mountFaults(field, objectsIn(container.volumeMounts), around.volumes),
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...resourceFaults(`${field}.resources`, container.resources),
    ...securityFaults(`${field}.securityContext`, container.securityContext),
  ];
}

function lifecycleFaults(field: string, lifecycle: unknown): StatusCause[] {
  if (!isObject(lifecycle)) return [];
  return ['postStart', 'preStop'].flatMap((hook) =>
    isObject(lifecycle[hook]) ? handlerFaults(`${field}.lifecycle.${hook}`, lifecycle[hook]) : [],
  );
}

function portFaults(field: string, ports: readonly JsonObject[], hostNetwork: boolean): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = `${field}[${String(i)}]`;
    const faults: StatusCause[] = [];
    const name = textOf(port.name);
    if (name !== '') {
      const wrong = portName(`${at}.name`, name);
      if (wrong.length > 0) faults.push(...wrong);
      else if (names.has(name)) faults.push(duplicate(`${at}.name`, name));
      else names.add(name);
    }
    if (port.containerPort === 0) faults.push(required(`${at}.containerPort`));
    else faults.push(...portNumber(`${at}.containerPort`, port.containerPort));
    if (port.hostPort !== undefined && port.hostPort !== 0) {
      faults.push(...portNumber(`${at}.hostPort`, port.hostPort));
      if (hostNetwork && port.hostPort !== port.containerPort)
        faults.push(invalid(`${at}.hostPort`, port.hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
    return [...faults, ...oneOf(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP'])];
  });
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'];
const FIELD_PATHS =
  /^(metadata\.(name|namespace|uid)|metadata\.(labels|annotations)\['.*'\]|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs|phase))$/;

function variableFaults(field: string, variable: JsonObject): StatusCause[] {
  const name = textOf(variable.name);
  const faults: StatusCause[] = [];
  if (name === '') faults.push(required(`${field}.name`));
  else if (!/^[ -<>-~]+$/.test(name))
    faults.push(
      invalid(
        `${field}.name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ),
    );
  const { valueFrom } = variable;
  if (!isObject(valueFrom)) return faults;
  const at = `${field}.valueFrom`;
  const given = SOURCES.filter((source) => isObject(valueFrom[source]));
  if (given.length === 0)
    faults.push(
      invalid(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'),
    );
  else if (textOf(variable.value) !== '')
    faults.push(invalid(at, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1) faults.push(invalid(at, '', 'may not have more than one field specified at a time'));
  for (const reference of ['configMapKeyRef', 'secretKeyRef']) {
    const source = valueFrom[reference];
    if (!isObject(source)) continue;
    faults.push(...dnsSubdomain(`${at}.${reference}.name`, textOf(source.name)));
    if (textOf(source.key) === '') faults.push(required(`${at}.${reference}.key`));
  }
  const path = isObject(valueFrom.fieldRef) ? textOf(valueFrom.fieldRef.fieldPath) : undefined;
  if (path === '') faults.push(required(`${at}.fieldRef.fieldPath`));
  else if (path !== undefined && !FIELD_PATHS.test(path))
    faults.push(
      invalid(`${at}.fieldRef.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`),
    );
  return faults;
}

function mountFaults(field: string, mounts: readonly JsonObject[], volumes: ReadonlySet<string>): StatusCause[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, i) => {
    const at = `${field}.volumeMounts[${String(i)}]`;
    const faults: StatusCause[] = [];
    const name = textOf(mount.name);
    const path = textOf(mount.mountPath);
    if (name === '') faults.push(required(`${at}.name`));
    if (!volumes.has(name)) faults.push(notFound(`${at}.name`, name));
    if (path === '') faults.push(required(`${at}.mountPath`));
    if (paths.has(path)) faults.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    // The real server leaves the index out of these paths.
    for (const sub of ['subPath', 'subPathExpr'])
      if (textOf(mount[sub]) !== '') faults.push(...relativePath(`${field}.volumeMounts.${sub}`, textOf(mount[sub])));
    return faults;
  });
}

const STANDARD_RESOURCE = /^(cpu|memory|ephemeral-storage|hugepages-.+|attachable-volumes-.+)$/;

function resourceFaults(field: string, resources: unknown): StatusCause[] {
  if (!isObject(resources)) return [];
  const limits = isObject(resources.limits) ? resources.limits : {};
  const requests = isObject(resources.requests) ? resources.requests : {};
  const faults = Object.entries(limits).flatMap(([name, amount]) =>
    amountFaults(`${field}.limits[${name}]`, name, amount),
  );
  for (const [name, amount] of Object.entries(requests)) {
    faults.push(...amountFaults(`${field}.requests[${name}]`, name, amount));
    const limit = limits[name];
    if (limit !== undefined) {
      if ((parseQuantity(String(amount)) ?? 0) > (parseQuantity(textOf(limit)) ?? 0))
        faults.push(
          invalid(
            `${field}.requests`,
            canonicalQuantity(String(amount)),
            `must be less than or equal to ${name} limit of ${textOf(limit)}`,
          ),
        );
    } else if (name.includes('/'))
      faults.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
  }
  return faults;
}

function amountFaults(field: string, name: string, amount: unknown): StatusCause[] {
  const faults: StatusCause[] = [];
  if (!STANDARD_RESOURCE.test(name) && !name.includes('/'))
    for (const text of [
      'must be a standard resource type or fully qualified',
      'must be a standard resource for containers',
    ])
      faults.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${name}: ${text}`, field });
  if ((parseQuantity(String(amount)) ?? 0) < 0)
    faults.push(invalid(field, String(amount), 'must be greater than or equal to 0'));
  return faults;
}

const MAX_ID = 2_147_483_647;

export function securityFaults(field: string, context: unknown): StatusCause[] {
  if (!isObject(context)) return [];
  return ['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((id) => {
    const value = context[id];
    return typeof value === 'number' && (value < 0 || value > MAX_ID)
      ? [invalid(`${field}.${id}`, value, `must be between 0 and ${String(MAX_ID)}, inclusive`)]
      : [];
  });
}

/** Two containers of a Pod cannot have one port of their node. */
export function hostPortFaults(field: string, containers: readonly JsonObject[]): StatusCause[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    objectsIn(container.ports).flatMap((port, j) => {
      if (port.hostPort === undefined || port.hostPort === 0) return [];
      const key = `${textOf(port.protocol)}/${textOf(port.hostIP)}/${JSON.stringify(port.hostPort)}`;
      if (taken.has(key)) return [duplicate(`${field}[${String(i)}].ports[${String(j)}].hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}
