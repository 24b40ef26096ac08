import { resources } from '../../kube/index.ts';
import type { ImportEntry } from '../contract.ts';
import type { SupportedProvider } from '../provider.ts';
import { readByTable } from '../shared/failure-table.ts';
import { importByEtcd, importSecrets } from '../shared/imports.ts';
import { providerFiles, providerPackage } from '../shared/package.ts';
import { checkVsphereSite } from './check-site.ts';
import { vsphereFailureSigns } from './failures.ts';
import { listAt } from '../shared/reading.ts';
import { vsphereNotes } from './notes.ts';
import { vsphereRules } from './rules/index.ts';
import { vsphereSite, vsphereSiteOf } from './site.ts';

/** The Secret name that the import list and the provider expect for `global` (vsphere.md §4). */
const credentialSecretName = 'global-vsphere-credentials';

function requiredImports(credentialSecret: string): ImportEntry[] {
  return [
    importByEtcd(resources.vsphereClusters, ['global']),
    importByEtcd(resources.vsphereMachineTemplates),
    importByEtcd(resources.vsphereMachines),
    importByEtcd(resources.vsphereVMs),
    importByEtcd(resources.vsphereMachineConfigPools),
    importSecrets(credentialSecret),
  ];
}

/** VMware vSphere: cloud-init, static IPs from VSphereMachineConfigPool, the cloud provider delivered by ClusterResourceSet. */
export const vsphere: SupportedProvider = {
  status: 'supported',
  id: 'vsphere',
  title: 'VMware vSphere',
  parts: vsphereSite,
  kinds: {
    cluster: resources.vsphereClusters,
    machine: resources.vsphereMachines,
    machineTemplate: resources.vsphereMachineTemplates,
    pool: resources.vsphereMachineConfigPools,
  },
  shape: {
    poolRef: ['spec', 'template', 'spec', 'machineConfigPoolRef', 'name'],
    slots: ['spec', 'configs'],
    slotAddressPaths: (slot) => [
      ['network', 'primary', 'ip'],
      ...listAt(slot, ['network', 'additional']).map((_, nic) => ['network', 'additional', nic, 'ip']),
    ],
    slotGateway: ['network', 'primary', 'gateway'],
    slotDisks: 'persistentDisks',
    slotDiskMount: 'mountPath',
    templateDisks: undefined,
    templateDiskMount: '',
    credentialRef: ['spec', 'identityRef', 'name'],
    endpoint: ['spec', 'controlPlaneEndpoint', 'host'],
    mandatoryDisks: [
      { path: '/var/cpaas', where: 'pool', roles: ['controlPlane', 'worker'] },
      { path: '/var/lib/containerd', where: 'pool', roles: ['controlPlane', 'worker'] },
      { path: '/var/lib/etcd', where: 'pool', roles: ['controlPlane'] },
    ],
    runtimeFields: ['providerID'],
  },
  clusterType: 'VSphere',
  clusterAnnotations: [
    'cpaas.io/sentry-deploy-type',
    'cpaas.io/alb-address-type',
    'cpaas.io/network-type',
    'cpaas.io/kube-ovn-version',
    'cpaas.io/kube-ovn-join-cidr',
  ],
  format: {
    write: 'cloud-config',
    mayBeAbsent: true,
    refusal: (found) =>
      found === 'ignition' ? 'ignition is not supported on vSphere' : `the schema has no format ${found}`,
  },
  package: providerPackage('vsphere'),
  crds: {
    awaited: ['vsphereclusters.infrastructure.cluster.x-k8s.io'],
    delivered: ['vspheremachines', 'vspheremachinetemplates', 'vspherevms', 'vspheremachineconfigpools'].map(
      (plural) => `${plural}.infrastructure.cluster.x-k8s.io`,
    ),
  },
  files: providerFiles('vsphere'),
  credentialSecretName: () => credentialSecretName,
  secretNeeds(site) {
    const { vsphere: block } = vsphereSiteOf(site);
    // Both sides of a pair share one key, so that of dr comes first.
    const key = site.dr
      ? { reference: site.dr.encryptionKey, path: 'dr.encryptionKey' }
      : block.encryptionKey && { reference: block.encryptionKey, path: 'vsphere.encryptionKey' };
    return [
      { key: 'password', reference: block.credentials.password, path: 'vsphere.credentials.password' },
      ...(key ? [{ key: 'encryptionKey', ...key }] : []),
    ];
  },
  async objects(inputs) {
    const { vsphereObjects } = await import('./manifest.ts');
    return vsphereObjects(inputs);
  },
  requiredImports,
  imports: (site) => [...requiredImports(credentialSecretName), ...vsphereSiteOf(site).vsphere.extraImports],
  // Endpoint and CIDRs stand in the manifest; the list stays empty on purpose.
  installer: () => ({ consoleHost: [] }),
  notes: (site) => vsphereNotes(site, vsphereSiteOf(site).vsphere),
  routes(site) {
    const { server } = vsphereSiteOf(site).vsphere;
    return [
      { from: 'bootstrap host', host: server, port: 443, use: 'vCenter API' },
      { from: 'bootstrap host', host: site.network.controlPlaneVIP, port: 6443, use: 'new API server' },
      { from: 'nodes', host: server, port: 443, use: 'vCenter API for the cloud provider' },
    ];
  },
  checkSite: checkVsphereSite,
  rules: vsphereRules,
  readFailure: (evidence) => readByTable(vsphereFailureSigns, evidence),
};
