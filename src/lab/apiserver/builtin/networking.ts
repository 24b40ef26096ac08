import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, setDefaultOfZero, textOf } from '../json.ts';
import type { Column, ResourceDefinition, Strategy } from '../resource-definition.ts';
import { ageColumn, nameColumn, textAt, textColumn } from './columns.ts';
import { builtIn, specOf } from './define.ts';
import { endpointSliceFaults, ingressFaults, networkPolicyFaults } from './rules/network-rules.ts';

const ingressHosts = (object: KubeObject): string =>
  objectsIn(fieldAt(object, 'spec', 'rules'))
    .map((r) => textOf(r.host) || '*')
    .join(',') || '*';

const ingressColumns: readonly Column[] = [
  nameColumn,
  textColumn('Class', (o) => textAt(o, 'spec', 'ingressClassName'), { none: '<none>' }),
  textColumn('Hosts', ingressHosts),
  textColumn('Address', (o) =>
    objectsIn(fieldAt(o, 'status', 'loadBalancer', 'ingress'))
      .map((i) => textOf(i.ip) || textOf(i.hostname))
      .join(','),
  ),
  textColumn('Ports', (o) => (objectsIn(fieldAt(o, 'spec', 'tls')).length > 0 ? '80, 443' : '80')),
  ageColumn,
];

const networkPolicyColumns: readonly Column[] = [
  nameColumn,
  textColumn(
    'Pod-Selector',
    (o) => {
      const labels = fieldAt(o, 'spec', 'podSelector', 'matchLabels');
      return isObject(labels)
        ? Object.entries(labels)
            .map(([k, v]) => `${k}=${textOf(v)}`)
            .join(',')
        : '';
    },
    { none: '<none>' },
  ),
  ageColumn,
];

const firstThree = (all: readonly string[]): string =>
  all.length > 3 ? `${all.slice(0, 3).join(',')} + ${String(all.length - 3)} more...` : all.join(',');

const sliceColumns: readonly Column[] = [
  nameColumn,
  textColumn('AddressType', (o) => textOf(o.addressType)),
  textColumn(
    'Ports',
    (o) => firstThree(objectsIn(o.ports).map((p) => (typeof p.port === 'number' ? String(p.port) : '*'))),
    {
      none: '<unset>',
    },
  ),
  textColumn(
    'Endpoints',
    (o) =>
      firstThree(objectsIn(o.endpoints).flatMap((e) => (Array.isArray(e.addresses) ? e.addresses.map(textOf) : []))),
    { none: '<unset>' },
  ),
  ageColumn,
];

const sliceStrategy: Partial<Strategy> = {
  validate: endpointSliceFaults,
  generation: true,
  applyDefaults: (slice) => {
    for (const port of objectsIn(slice.ports)) {
      setDefault(port, 'name', '');
      setDefault(port, 'protocol', 'TCP');
    }
  },
};

const ingressClassColumns: readonly Column[] = [
  nameColumn,
  textColumn('Controller', (o) => textAt(o, 'spec', 'controller')),
  textColumn(
    'Parameters',
    (o) => {
      const parameters = fieldAt(o, 'spec', 'parameters');
      if (!isObject(parameters)) return undefined;
      const group = textOf(parameters.apiGroup);
      return `${textOf(parameters.kind)}${group === '' ? '' : `.${group}`}/${textOf(parameters.name)}`;
    },
    { none: '<none>' },
  ),
  ageColumn,
];

const networkPolicyStrategy: Partial<Strategy> = {
  validate: networkPolicyFaults,
  generation: true,
  applyDefaults: (policy) => {
    const spec = specOf(policy);
    for (const rule of [...objectsIn(spec.ingress), ...objectsIn(spec.egress)])
      for (const port of objectsIn(rule.ports)) setDefault(port, 'protocol', 'TCP');
    setDefault(spec, 'policyTypes', objectsIn(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
  },
};

const ingressClassStrategy: Partial<Strategy> = {
  generation: true,
  applyDefaults: (object: KubeObject) => {
    const { parameters } = specOf(object);
    if (isObject(parameters)) setDefaultOfZero(objectIn(specOf(object), 'parameters'), 'scope', 'Cluster');
  },
};

/** The groups `networking.k8s.io` and `discovery.k8s.io`. */
export const networkingResources: readonly ResourceDefinition[] = [
  builtIn('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    shortNames: ['ing'],
    status: true,
    storage: 'ingress',
    strategy: { generation: true, validate: ingressFaults },
    columns: ingressColumns,
  }),
  builtIn('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', {
    clusterScoped: true,
    strategy: ingressClassStrategy,
    columns: ingressClassColumns,
  }),
  builtIn('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    shortNames: ['netpol'],
    strategy: networkPolicyStrategy,
    columns: networkPolicyColumns,
  }),
  builtIn('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
    strategy: sliceStrategy,
    columns: sliceColumns,
  }),
];
