/** Facts of a manifest that no rule can judge, with the reason: everything else must be found when it is lost or changed. */
export interface FreeFields {
  readonly fields: RegExp;
  readonly because: string;
}

const either: readonly FreeFields[] = [
  { fields: /^Secret type$/, because: 'pages differ on the type; only the type of a carrier matters' },
  { fields: /(strategy|rolloutStrategy)\.type$/, because: 'has a default and an enum, which the schema judges' },
  { fields: /(nodeDrainTimeout|nodeDeletionTimeout)$/, because: 'some pages leave it out, others have other times' },
  {
    fields: /(pre|post)KubeadmCommands\[\]$/,
    because: 'what is not needed for the start is the release manifest’s to choose',
  },
  {
    fields: /kubeletExtraArgs\.(volume-plugin-dir|protect-kernel-defaults)$/,
    because: 'pages have it in some blocks only',
  },
  {
    fields:
      /(apiServer|controllerManager|scheduler)\.extraArgs\.(audit-log-.*|bind-address|profiling|tls-.*|flex-volume-plugin-dir)$/,
    because: 'hardening that a release manifest may choose otherwise',
  },
  { fields: /extraVolumes\[\]\.(name|pathType)$/, because: 'the mount alone matters' },
  { fields: /files\[\]\.append$/, because: 'false is the default' },
  {
    fields: /users\[\]\.(name|sudo|sshAuthorizedKeys\[\])$/,
    because: 'access is the operator’s; Ignition’s demand is judged on DCS',
  },
  { fields: /nodeRegistration\.(criSocket|ignorePreflightErrors\[\])$/, because: 'kubeadm finds the socket by itself' },
  {
    fields: /metadata\.labels\.(pool\.name|cluster\.x-k8s\.io\/cluster-name|node-role\..*)$/,
    because: 'not on every page',
  },
  { fields: /template\.metadata\.labels\./, because: 'judged together with the selector' },
  {
    fields: /^DCSMachineTemplate .*vmConfig\.(portGroupName|dvSwitchName)$/,
    because: 'optional; the template has its own',
  },
  { fields: /^DCSIpHostnamePool spec\.pool\[\]\.(machineName|hostname|dns)$/, because: 'optional' },
  {
    fields: /(persistentDisks?|dcsMachineDiskSpec)\[\]\.(format|fsFormat|mountOptions\[\])$/,
    because: 'has a default',
  },
  { fields: /^HCSMachineTemplate .*availabilityZone$/, because: 'optional' },
  { fields: /^VSphereMachineTemplate .*\.os$/, because: 'optional' },
  { fields: /^VSphereMachineConfigPool spec\.(releaseDelayHours|datacenter)$/, because: 'a default of the slots' },
  {
    fields: /^VSphereMachineConfigPool spec\.configs\[\]\.(datacenter|network\.primary\.dns\[\])$/,
    because: 'the pool has a default; a name server may be any',
  },
  { fields: /^ClusterResourceSet spec\.strategy$/, because: 'both values deliver' },
  {
    fields: /^KubeadmControlPlane .*encryption-provider-config$/,
    because: 'newer pages of DCS leave argument and file out',
  },
  {
    fields: /clusterRef\.(kind|apiVersion)$|machineConfigPoolRef\.(kind|apiVersion|namespace)$/,
    because: 'the schema of the vendor asks for it (--crds)',
  },
];

export const freeFields: Readonly<Record<'removed' | 'changed', readonly FreeFields[]>> = {
  removed: [
    ...either,
    { fields: /selector\.matchLabels\./, because: 'an empty selector is filled in by Cluster API' },
    { fields: / kind$/, because: 'the reader refuses a document without kind' },
    { fields: /^Secret stringData\.site$/, because: 'newer pages take the site from DCSCluster' },
    { fields: /\.namespace$/, because: 'a reference means the own namespace' },
    {
      fields: /persistentDisks?\[\]\.(name|sizeGiB|quantityGB|size|type|slot)$/,
      because: 'the schema of the vendor asks for it (--crds)',
    },
    { fields: /\.hostname$/, because: 'the schema of the vendor asks for it (--crds)' },
    { fields: /spec\.strategy\.rollingUpdate\.maxUnavailable$/, because: 'the default is 1' },
    { fields: / spec\.replicas$/, because: 'the default is 1, which is judged where it is wrong' },
    { fields: /kubeadmConfigSpec\.format$|template\.spec\.format$/, because: 'vSphere and HCS may leave it out' },
    { fields: /location\.(type|name)$/, because: 'judged when the block is there' },
    { fields: /permissions$/, because: 'judged where the guide gives it' },
  ],
  changed: [
    ...either,
    {
      fields:
        /^Secret (stringData|data)\.(authUser|authKey|accessKey|secretKey|projectID|region|externalGlobalDomain)$/,
      because: 'any text',
    },
    { fields: /skip-kube-proxy$/, because: 'Cluster API asks for the key alone' },
    { fields: /\.imageRepository$/, because: 'the release decides it' },
    {
      fields:
        /MachineTemplate .*(template|imageName|flavorName|datastore|vmTemplateName|location\.name|rootVolume\.type|dataVolumes\[\]\.type|datastoreName)$/,
      because: 'a name in the infrastructure',
    },
    { fields: /MachineTemplate .*(quantity|diskGiB|memoryMiB|numCPUs|size)$/, because: 'a size' },
    {
      fields: /Pool spec\..*\[\]\.(name|hostname|sizeGiB|quantityGB|datastoreName|type|slot)$/,
      because: 'a name or size of a slot',
    },
    { fields: /^HCSCluster spec\.network\.(vpc|securityGroup)\.name$/, because: 'a name in the infrastructure' },
    { fields: /files\[\]\.content$/, because: 'a script; contents that have a kind are judged' },
  ],
};
