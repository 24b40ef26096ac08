import { isIP } from 'node:net';
import { fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { GoSyntax, invalid, oneOf, required } from './faults.ts';
import { cidr, dnsSubdomain, ipAddress, portReference } from './formats.ts';
import { labelSelectorFaults } from './label-selector.ts';

export function ingressFaults(ingress: KubeObject): StatusCause[] {
  const spec = isObject(ingress.spec) ? ingress.spec : {};
  const rules = objectsIn(spec.rules);
  const faults: StatusCause[] = [];
  if (rules.length === 0 && !isObject(spec.defaultBackend))
    faults.push(
      invalid(
        'spec',
        new GoSyntax('[]networking.IngressRule(nil)'),
        'either `defaultBackend` or `rules` must be specified',
      ),
    );
  if (isObject(spec.defaultBackend)) faults.push(...backendFaults('spec.defaultBackend', spec.defaultBackend));
  rules.forEach((rule, i) => {
    const at = `spec.rules[${String(i)}]`;
    const host = textOf(rule.host);
    if (isIP(host) !== 0) faults.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'));
    else if (host !== '' && !host.startsWith('*.')) faults.push(...dnsSubdomain(`${at}.host`, host));
    const { http } = rule;
    if (!isObject(http)) return;
    const paths = objectsIn(http.paths);
    if (paths.length === 0) faults.push(required(`${at}.http.paths`));
    paths.forEach((path, j) => faults.push(...pathFaults(`${at}.http.paths[${String(j)}]`, path)));
  });
  return faults;
}

function pathFaults(field: string, entry: JsonObject): StatusCause[] {
  const path = textOf(entry.path);
  const type = textOf(entry.pathType);
  const faults: StatusCause[] = [];
  if (type === '') faults.push(required(`${field}.pathType`, 'pathType must be specified'));
  else if (type === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) faults.push(invalid(`${field}.path`, path, 'must be an absolute path'));
  } else {
    faults.push(...oneOf(`${field}.pathType`, type, ['Exact', 'Prefix', 'ImplementationSpecific']));
    if (!path.startsWith('/')) faults.push(invalid(`${field}.path`, path, 'must be an absolute path'));
  }
  return [...faults, ...backendFaults(`${field}.backend`, isObject(entry.backend) ? entry.backend : {})];
}

function backendFaults(field: string, backend: JsonObject): StatusCause[] {
  const { service, resource } = backend;
  if (!isObject(service))
    return isObject(resource) ? [] : [invalid(field, '', 'resource or service backend is required')];
  const faults = textOf(service.name) === '' ? [required(`${field}.service.name`)] : [];
  const number = fieldAt(service, 'port', 'number') ?? 0;
  const name = textOf(fieldAt(service, 'port', 'name'));
  if (name !== '' && number !== 0) faults.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (name === '' && number === 0) faults.push(required(field, 'port name or number is required'));
  else if (name === '') faults.push(...portReference(`${field}.service.port.number`, number));
  return faults;
}

export function networkPolicyFaults(policy: KubeObject): StatusCause[] {
  const spec = isObject(policy.spec) ? policy.spec : {};
  const types = Array.isArray(spec.policyTypes) ? spec.policyTypes : [];
  return [
    ...labelSelectorFaults('spec.podSelector', spec.podSelector),
    ...ruleFaults('spec.ingress', spec.ingress, 'from'),
    ...ruleFaults('spec.egress', spec.egress, 'to'),
    ...types.flatMap((type, i) => oneOf(`spec.policyTypes[${String(i)}]`, type, ['Ingress', 'Egress'])),
  ];
}

function ruleFaults(field: string, rules: unknown, direction: 'from' | 'to'): StatusCause[] {
  return objectsIn(rules).flatMap((rule, i) => {
    const at = `${field}[${String(i)}]`;
    return [
      ...objectsIn(rule.ports).flatMap((port, j) => [
        ...oneOf(`${at}.ports[${String(j)}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
        ...(port.port === undefined ? [] : portReference(`${at}.ports[${String(j)}].port`, port.port)),
      ]),
      ...objectsIn(rule[direction]).flatMap((peer, j) => {
        const place = `${at}.${direction}[${String(j)}]`;
        if (isObject(peer.ipBlock)) return cidr(`${place}.ipBlock.cidr`, textOf(peer.ipBlock.cidr));
        if (!isObject(peer.podSelector) && !isObject(peer.namespaceSelector))
          return [required(place, 'must specify a peer')];
        return [
          ...labelSelectorFaults(`${place}.podSelector`, peer.podSelector),
          ...labelSelectorFaults(`${place}.namespaceSelector`, peer.namespaceSelector),
        ];
      }),
    ];
  });
}

export function endpointsFaults(endpoints: KubeObject): StatusCause[] {
  return objectsIn(endpoints.subsets).flatMap((subset, i) => {
    const at = `subsets[${String(i)}]`;
    const addresses = objectsIn(subset.addresses);
    const others = objectsIn(subset.notReadyAddresses);
    if (addresses.length === 0 && others.length === 0)
      return [required(at, 'must specify `addresses` or `notReadyAddresses`')];
    return [
      ...addresses.flatMap((a, j) => endpointAddressFaults(`${at}.addresses[${String(j)}].ip`, textOf(a.ip))),
      ...others.flatMap((a, j) => endpointAddressFaults(`${at}.notReadyAddresses[${String(j)}].ip`, textOf(a.ip))),
      ...objectsIn(subset.ports).flatMap((port, j) => [
        ...portReference(`${at}.ports[${String(j)}].port`, port.port),
        ...oneOf(`${at}.ports[${String(j)}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']),
      ]),
    ];
  });
}

function endpointAddressFaults(field: string, ip: string): StatusCause[] {
  const faults = ipAddress(field, ip);
  // The real server looks twice, and says so twice.
  if (faults.length > 0) return [...faults, invalid(field, ip, 'must be a valid IP address')];
  if (ip.startsWith('127.') || ip === '::1')
    return [invalid(field, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  return ip.startsWith('169.254.')
    ? [invalid(field, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
    : [];
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

export function endpointSliceFaults(slice: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const type = textOf(slice.addressType);
  const faults = type === '' ? [required('addressType')] : oneOf('addressType', type, ADDRESS_TYPES);
  objectsIn(slice.endpoints).forEach((endpoint, i) => {
    const at = `endpoints[${String(i)}].addresses`;
    const addresses = Array.isArray(endpoint.addresses) ? endpoint.addresses.map(textOf) : [];
    if (addresses.length === 0) faults.push(required(at, 'must contain at least 1 address'));
    if (type !== 'FQDN') addresses.forEach((ip, j) => faults.push(...ipAddress(`${at}[${String(j)}]`, ip)));
  });
  if (old && type !== old.addressType) faults.push(invalid('addressType', type, 'field is immutable'));
  return faults;
}
