import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { equalJson, isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { containerFaults, hostPortFaults, securityFaults } from './container-rules.ts';
import { duplicate, forbidden, invalid, notSupported, oneOf, required } from './faults.ts';
import { dnsLabel, dnsSubdomain, ipAddress, labelMap } from './formats.ts';
import { affinityFaults, spreadFaults, tolerationFaults } from './scheduling-rules.ts';
import { volumeFaults } from './volume-rules.ts';

const MAX_SECONDS = 2_147_483_647;

/** What is wrong with a Pod's spec, or that of a template; `field` is the path of the spec. */
export function podSpecFaults(field: string, spec: unknown): StatusCause[] {
  if (!isObject(spec)) return [required(`${field}.containers`)];
  const volumes = objectsIn(spec.volumes);
  const around = {
    volumes: new Set(volumes.map((v) => textOf(v.name))),
    hostNetwork: spec.hostNetwork === true,
  };
  const containers = objectsIn(spec.containers);
  const names = new Set<string>();
  const listFaults = (list: string, members: readonly JsonObject[]): StatusCause[] =>
    members.flatMap((container, i) => {
      const at = `${field}.${list}[${String(i)}]`;
      const faults = containerFaults(at, container, around);
      const name = textOf(container.name);
      if (name !== '' && names.has(name)) faults.push(duplicate(`${at}.name`, name));
      names.add(name);
      return faults;
    });
  const deadline = spec.activeDeadlineSeconds;
  return [
    ...volumeFaults(`${field}.volumes`, volumes),
    ...(containers.length === 0 ? [required(`${field}.containers`)] : listFaults('containers', containers)),
    ...hostPortFaults(`${field}.containers`, containers),
    ...listFaults('initContainers', objectsIn(spec.initContainers)),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...dnsFaults(field, spec),
    ...labelMap(`${field}.nodeSelector`, spec.nodeSelector),
    ...(typeof deadline === 'number' && (deadline < 1 || deadline > MAX_SECONDS)
      ? [invalid(`${field}.activeDeadlineSeconds`, deadline, `must be between 1 and ${String(MAX_SECONDS)}, inclusive`)]
      : []),
    ...securityFaults(`${field}.securityContext`, spec.securityContext),
    ...affinityFaults(`${field}.affinity`, spec.affinity),
    ...nameFaults(field, spec),
    ...tolerationFaults(`${field}.tolerations`, objectsIn(spec.tolerations)),
    ...objectsIn(spec.hostAliases).flatMap((alias, i) =>
      ipAddress(`${field}.hostAliases[${String(i)}].ip`, textOf(alias.ip)),
    ),
    ...spreadFaults(`${field}.topologySpreadConstraints`, objectsIn(spec.topologySpreadConstraints)),
    ...(isObject(spec.os) && !['linux', 'windows'].includes(textOf(spec.os.name))
      ? [notSupported(`${field}.os`, spec.os.name, ['linux', 'windows'])]
      : []),
  ];
}

function dnsFaults(field: string, spec: JsonObject): StatusCause[] {
  const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
  const servers = fieldAt(spec, 'dnsConfig', 'nameservers');
  const missing =
    spec.dnsPolicy !== 'None' || (Array.isArray(servers) && servers.length > 0)
      ? []
      : isObject(spec.dnsConfig)
        ? [
            required(
              `${field}.dnsConfig.nameservers`,
              'must provide at least one DNS nameserver when `dnsPolicy` is None',
            ),
          ]
        : [required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  return [...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, policies), ...missing];
}

function nameFaults(field: string, spec: JsonObject): StatusCause[] {
  const checked = (name: string, check: (at: string, value: string) => StatusCause[]): StatusCause[] =>
    textOf(spec[name]) === '' ? [] : check(`${field}.${name}`, textOf(spec[name]));
  return [
    ...checked('serviceAccountName', dnsSubdomain),
    ...checked('nodeName', dnsSubdomain),
    ...checked('hostname', dnsLabel),
    ...checked('subdomain', dnsLabel),
    ...checked('priorityClassName', dnsSubdomain),
    ...checked('runtimeClassName', dnsSubdomain),
  ];
}

/** What only a Pod itself may not have on its way in. */
export function newPodFaults(pod: KubeObject): StatusCause[] {
  const ephemeral = objectsIn(fieldAt(pod, 'spec', 'ephemeralContainers'));
  return ephemeral.length > 0 ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')] : [];
}

const FIXED_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Of a Pod's spec only images, a few numbers and further tolerations may change. */
export function podUpdateFaults(pod: KubeObject, old: KubeObject): StatusCause[] {
  const list = (object: KubeObject, name: string): JsonObject[] => objectsIn(fieldAt(object, 'spec', name));
  for (const name of ['containers', 'initContainers'])
    if (list(pod, name).length !== list(old, name).length)
      return [forbidden(`spec.${name}`, 'pod updates may not add or remove containers')];
  const faults: StatusCause[] = [];
  const before = list(old, 'tolerations');
  const after = list(pod, 'tolerations');
  if (!before.every((toleration) => after.some((other) => tolerationContinues(toleration, other))))
    faults.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  const deadline = fieldAt(pod, 'spec', 'activeDeadlineSeconds');
  const oldDeadline = fieldAt(old, 'spec', 'activeDeadlineSeconds');
  if (typeof oldDeadline === 'number' && (typeof deadline !== 'number' || deadline > oldDeadline))
    faults.push(
      typeof deadline === 'number'
        ? invalid('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value')
        : invalid('spec.activeDeadlineSeconds', deadline, 'must not update from a positive integer to nil value'),
    );
  if (faults.length === 0 && !equalJson(fixedParts(pod), fixedParts(old))) faults.push(forbidden('spec', FIXED_TEXT));
  return faults;
}

function tolerationContinues(old: JsonObject, other: JsonObject): boolean {
  const { tolerationSeconds: _, ...before } = old;
  const { tolerationSeconds: __, ...after } = other;
  return equalJson(before, after);
}

function fixedParts(pod: KubeObject): unknown {
  const spec = isObject(pod.spec) ? pod.spec : {};
  const { activeDeadlineSeconds: _a, tolerations: _t, ...rest } = spec;
  const bare = (containers: unknown): unknown => objectsIn(containers).map(({ image: _i, ...container }) => container);
  return { ...rest, containers: bare(spec.containers), initContainers: bare(spec.initContainers) };
}
