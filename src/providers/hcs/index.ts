import { resources } from '../../kube/index.ts';
import { siteOf, type Site } from '../../site/index.ts';
import type { ImportEntry, Note } from '../contract.ts';
import type { SupportedProvider } from '../provider.ts';
import { readByTable } from '../shared/failure-table.ts';
import { importByEtcd, importSecrets } from '../shared/imports.ts';
import { cloudConfigNote } from '../shared/notes.ts';
import { providerFiles, providerPackage } from '../shared/package.ts';
import { checkHcsSite } from './check-site.ts';
import { hcsFailureSigns } from './failures.ts';
import { listAt } from '../shared/reading.ts';
import { hcsRules } from './rules/index.ts';
import { hcsSite } from './site.ts';

function encryptionNote(site: Site): Note {
  return {
    topic: 'Encryption of Secrets',
    text: site.dr
      ? '/etc/kubernetes/encryption-provider.conf is added for disaster recovery. The controller may put a generated key in its place: compare the keys on the nodes of both sides after the install.'
      : 'No /etc/kubernetes/encryption-provider.conf in a normal install: the controller makes it by itself, so the API server argument stays.',
  };
}

function requiredImports(credentialSecret: string): ImportEntry[] {
  return [
    importSecrets(credentialSecret),
    importByEtcd(resources.hcsClusters, ['global']),
    importByEtcd(resources.hcsMachineTemplates),
    importByEtcd(resources.hcsMachineConfigPools),
    importByEtcd(resources.hcsMachines),
  ];
}

/** Huawei Cloud Stack: cloud-init, addresses from HCSMachineConfigPool, an ELB that the provider creates. */
export const hcs: SupportedProvider = {
  status: 'supported',
  id: 'hcs',
  title: 'Huawei Cloud Stack',
  parts: hcsSite,
  kinds: {
    cluster: resources.hcsClusters,
    machine: resources.hcsMachines,
    machineTemplate: resources.hcsMachineTemplates,
    pool: resources.hcsMachineConfigPools,
  },
  shape: {
    poolRef: ['spec', 'template', 'spec', 'configPoolRef', 'name'],
    slots: ['spec', 'configs'],
    slotAddressPaths: (slot) => listAt(slot, ['networks']).map((_, nic) => ['networks', nic, 'ipAddress']),
    slotGateway: undefined,
    slotDisks: 'persistentDisks',
    slotDiskMount: 'mountPath',
    templateDisks: ['spec', 'template', 'spec', 'dataVolumes'],
    templateDiskMount: 'mountPath',
    credentialRef: ['spec', 'identityRef', 'name'],
    endpoint: ['spec', 'controlPlaneLoadBalancer', 'vipAddress'],
    mandatoryDisks: [{ path: '/var/cpaas', where: 'pool', roles: ['controlPlane', 'worker'] }],
    runtimeFields: ['providerID', 'serverId', 'jobId'],
  },
  clusterType: 'HCS',
  clusterAnnotations: [
    'cpaas.io/sentry-deploy-type',
    'cpaas.io/alb-address-type',
    'cpaas.io/kube-ovn-join-cidr',
    'cpaas.io/kube-ovn-version',
  ],
  format: {
    write: 'cloud-config',
    mayBeAbsent: true,
    refusal: (found) =>
      found === 'ignition' ? 'ignition format is not supported' : `the schema has no format ${found}`,
  },
  package: providerPackage('hcs'),
  crds: {
    awaited: ['hcsclusters.infrastructure.cluster.x-k8s.io'],
    delivered: ['hcsmachines', 'hcsmachinetemplates', 'hcsmachineconfigpools'].map(
      (plural) => `${plural}.infrastructure.cluster.x-k8s.io`,
    ),
  },
  files: providerFiles('hcs'),
  credentialSecretName: (site) => siteOf(site, hcsSite).hcs.credentials.secretName,
  secretNeeds(site) {
    const { credentials } = siteOf(site, hcsSite).hcs;
    return [
      { key: 'accessKey', reference: credentials.accessKey, path: 'hcs.credentials.accessKey' },
      { key: 'secretKey', reference: credentials.secretKey, path: 'hcs.credentials.secretKey' },
      ...(site.dr ? [{ key: 'encryptionKey', reference: site.dr.encryptionKey, path: 'dr.encryptionKey' }] : []),
    ];
  },
  async objects(inputs) {
    const { hcsObjects } = await import('./manifest.ts');
    return hcsObjects(inputs);
  },
  requiredImports,
  imports(site) {
    const { hcs: block } = siteOf(site, hcsSite);
    return [...requiredImports(block.credentials.secretName), ...block.extraImports];
  },
  // The VIP belongs to the ELB of the manifest; the list stays empty on purpose.
  installer: () => ({ consoleHost: [] }),
  notes: (site) => [
    cloudConfigNote('Huawei Cloud Stack'),
    encryptionNote(site),
    {
      topic: 'SSH keys',
      text: 'ssh.authorizedKeys is not written: HCS manifests list no users, access comes from the image or its key pair.',
    },
    {
      topic: 'Image repository',
      text: `Images come from ${siteOf(site, hcsSite).hcs.imageRepository}; the release baseline decides it. Set hcs.imageRepository when yours says otherwise.`,
    },
    {
      topic: 'Audit policy',
      text: "It logs the metadata of every request and nothing more, as on the HCS page, which also has neither log rotation nor a cipher list. manifest.base keeps a fuller policy of the release's.",
    },
    {
      topic: 'Data volumes',
      text: "Workers get what the control plane is advised to have, 100 GB for kubelet and containerd each; the page's example for workers has 20. Set dataVolumes to change it.",
    },
  ],
  routes(site) {
    const { credentials } = siteOf(site, hcsSite).hcs;
    const port = credentials.schema === 'http' ? 80 : 443;
    return [
      { from: 'bootstrap host', host: credentials.externalGlobalDomain, port, use: 'HCS API' },
      { from: 'bootstrap host', host: site.network.controlPlaneVIP, port: 6443, use: 'new API server' },
    ];
  },
  checkSite: checkHcsSite,
  rules: hcsRules,
  readFailure: (evidence) => readByTable(hcsFailureSigns, evidence),
};
