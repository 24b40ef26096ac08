import { resources } from '../../kube/index.ts';
import { siteOf, type Site } from '../../site/index.ts';
import type { ImportEntry } from '../contract.ts';
import type { SupportedProvider } from '../provider.ts';
import { readByTable } from '../shared/failure-table.ts';
import { importSecrets } from '../shared/imports.ts';
import { providerFiles, providerPackage } from '../shared/package.ts';
import { checkDcsSite } from './check-site.ts';
import { dcsFailureSigns } from './failures.ts';
import { dcsNotes } from './notes.ts';
import { dcsRules } from './rules/index.ts';
import { listAt } from '../shared/reading.ts';
import { dcsSite } from './site.ts';

function imports(site: Site): ImportEntry[] | undefined {
  const { dcs } = siteOf(site, dcsSite);
  const entries = [
    ...(dcs.importCredentialSecret ? [importSecrets(dcs.credentials.secretName)] : []),
    ...dcs.extraImports,
  ];
  return entries.length > 0 ? entries : undefined;
}

/** Huawei DCS: Ignition, static IPs from DCSIpHostnamePool, an external load balancer in front of the control plane. */
export const dcs: SupportedProvider = {
  status: 'supported',
  id: 'dcs',
  title: 'Huawei DCS',
  parts: dcsSite,
  kinds: {
    cluster: resources.dcsClusters,
    machine: resources.dcsMachines,
    machineTemplate: resources.dcsMachineTemplates,
    pool: resources.dcsIpHostnamePools,
  },
  shape: {
    poolRef: ['spec', 'template', 'spec', 'ipHostPoolRef', 'name'],
    slots: ['spec', 'pool'],
    slotAddressPaths: (slot) => [['ip'], ...listAt(slot, ['additionNic']).map((_, nic) => ['additionNic', nic, 'ip'])],
    slotGateway: ['gateway'],
    slotDisks: 'persistentDisk',
    slotDiskMount: 'path',
    templateDisks: ['spec', 'template', 'spec', 'vmConfig', 'dcsMachineDiskSpec'],
    templateDiskMount: 'path',
    credentialRef: ['spec', 'credentialSecretRef', 'name'],
    endpoint: ['spec', 'controlPlaneLoadBalancer', 'host'],
    mandatoryDisks: [
      { path: '/var/lib/etcd', where: 'template', roles: ['controlPlane'] },
      { path: '/var/lib/kubelet', where: 'template', roles: ['controlPlane', 'worker'] },
      { path: '/var/lib/containerd', where: 'template', roles: ['controlPlane', 'worker'] },
      { path: '/var/cpaas', where: 'pool', roles: ['controlPlane', 'worker'] },
    ],
    runtimeFields: ['providerID', 'vmUrn'],
  },
  clusterType: 'DCS',
  clusterAnnotations: [
    'capi.cpaas.io/kubernetes',
    'cpaas.io/kube-ovn-join-cidr',
    'cpaas.io/kube-ovn-version',
    'cpaas.io/nodes-mode',
  ],
  format: {
    write: 'ignition',
    mayBeAbsent: false,
    refusal: (found) => `invalid format, expected ignition, got ${found}`,
  },
  package: providerPackage('dcs'),
  crds: {
    awaited: ['dcsclusters.infrastructure.cluster.x-k8s.io'],
    delivered: ['dcsmachines', 'dcsmachinetemplates', 'dcsiphostnamepools'].map(
      (plural) => `${plural}.infrastructure.cluster.x-k8s.io`,
    ),
  },
  files: providerFiles('dcs'),
  credentialSecretName: (site) => siteOf(site, dcsSite).dcs.credentials.secretName,
  secretNeeds(site) {
    const { dcs: block } = siteOf(site, dcsSite);
    return [
      { key: 'password', reference: block.credentials.password, path: 'dcs.credentials.password' },
      ...(site.dr ? [{ key: 'encryptionKey', reference: site.dr.encryptionKey, path: 'dr.encryptionKey' }] : []),
    ];
  },
  async objects(inputs) {
    const { dcsObjects } = await import('./manifest.ts');
    return dcsObjects(inputs);
  },
  requiredImports: () => [],
  imports,
  // The control plane VIP belongs to a third party's load balancer, and the installer must be told so.
  installer: (site) => ({
    consoleHost: [site.network.controlPlaneVIP],
    cluster: {
      clusterCIDR: site.network.podCIDR,
      serviceCIDR: site.network.serviceCIDR,
      features: { ha: { vip: site.network.controlPlaneVIP, vport: 6443, isThirdParty: true } },
    },
  }),
  notes: (site) => dcsNotes(siteOf(site, dcsSite).dcs, imports(site) !== undefined, site.dr !== undefined),
  routes(site) {
    const endpoint = new URL(siteOf(site, dcsSite).dcs.endpoint);
    return [
      { from: 'bootstrap host', host: endpoint.hostname, port: Number(endpoint.port || 7443), use: 'DCS API' },
      { from: 'bootstrap host', host: site.network.controlPlaneVIP, port: 6443, use: 'new API server' },
    ];
  },
  checkSite: checkDcsSite,
  rules: dcsRules,
  readFailure: (evidence) => readByTable(dcsFailureSigns, evidence),
};
