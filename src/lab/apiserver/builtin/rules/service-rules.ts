import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { KubeObject } from '../../../../kube/index.ts';
import type { StatusCause } from '../../status-error.ts';
import { duplicate, forbidden, GoSyntax, invalid, oneOf, required } from './faults.ts';
import { cidr, dnsLabel, dnsSubdomain, goTexts, ipAddress, labelMap, portNumber, portReference } from './formats.ts';

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);

export function serviceFaults(service: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = isObject(service.spec) ? service.spec : {};
  return [
    ...(old ? addressChangeFaults(spec, isObject(old.spec) ? old.spec : {}) : []),
    ...portListFaults(spec),
    ...labelMap('spec.selector', spec.selector),
    ...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']),
    ...addressFaults(spec),
    ...textsOf(spec.externalIPs).flatMap((ip, i) => ipAddress(`spec.externalIPs[${String(i)}]`, ip)),
    ...oneOf('spec.type', spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
    ...typeFaults(spec),
    ...trafficFaults(spec),
  ];
}

function portListFaults(spec: JsonObject): StatusCause[] {
  const ports = objectsIn(spec.ports);
  if (spec.type === 'ExternalName') return [];
  if (ports.length === 0) return spec.clusterIP === 'None' ? [] : [required('spec.ports')];
  const names = new Set<string>();
  const faults = ports.flatMap((port, i) => {
    const at = `spec.ports[${String(i)}]`;
    const name = textOf(port.name);
    const found: StatusCause[] = [];
    if (name === '') {
      if (ports.length > 1) found.push(required(`${at}.name`));
    } else {
      found.push(...dnsLabel(`${at}.name`, name));
      if (names.has(name)) found.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    found.push(...portNumber(`${at}.port`, port.port));
    found.push(...oneOf(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    found.push(...portReference(`${at}.targetPort`, port.targetPort));
    if (spec.type === 'ClusterIP' && typeof port.nodePort === 'number' && port.nodePort !== 0)
      found.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    return found;
  });
  const seen = new Set<string>();
  ports.forEach((port, i) => {
    const key = `${textOf(port.protocol)}/${String(port.port)}`;
    if (seen.has(key))
      faults.push(
        duplicate(
          `spec.ports[${String(i)}]`,
          new GoSyntax(
            `core.ServicePort{Name:"", Protocol:${JSON.stringify(port.protocol)}, AppProtocol:(*string)(nil), Port:${String(port.port)}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`,
          ),
        ),
      );
    seen.add(key);
  });
  return faults;
}

function addressFaults(spec: JsonObject): StatusCause[] {
  const ips = textsOf(spec.clusterIPs);
  if (spec.type === 'ExternalName')
    return ips.length > 0 || textOf(spec.clusterIP) !== ''
      ? [forbidden('spec.clusterIPs', 'may not be set for ExternalName services')]
      : [];
  return ips.flatMap((ip, i) => {
    const at = `spec.clusterIPs[${String(i)}]`;
    if (ip !== 'None') return ipAddress(at, ip);
    return spec.type === 'LoadBalancer' || spec.type === 'NodePort'
      ? [invalid(at, ip, `may not be set to 'None' for ${textOf(spec.type)} services`)]
      : [];
  });
}

function typeFaults(spec: JsonObject): StatusCause[] {
  if (spec.type === 'ExternalName') {
    const name = textOf(spec.externalName).replace(/\.$/, '');
    return name === '' ? [required('spec.externalName')] : dnsSubdomain('spec.externalName', name);
  }
  if (spec.type !== 'LoadBalancer') return [];
  // The real server spells this field as its Go name.
  return textsOf(spec.loadBalancerSourceRanges).flatMap((range, i) =>
    cidr(`spec.LoadBalancerSourceRanges[${String(i)}]`, range.trim()),
  );
}

function trafficFaults(spec: JsonObject): StatusCause[] {
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || textsOf(spec.externalIPs).length > 0;
  const external = spec.externalTrafficPolicy;
  const policies = ['Cluster', 'Local'];
  return [
    ...(isExternal
      ? oneOf('spec.externalTrafficPolicy', external, policies)
      : external === undefined
        ? []
        : [invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services')]),
    ...oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, policies),
  ];
}

function addressChangeFaults(spec: JsonObject, old: JsonObject): StatusCause[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const [before] = textsOf(old.clusterIPs);
  const [after] = textsOf(spec.clusterIPs);
  return before === undefined || after === before
    ? []
    : [invalid('spec.clusterIPs[0]', new GoSyntax(goTexts(textsOf(spec.clusterIPs))), 'may not change once set')];
}
