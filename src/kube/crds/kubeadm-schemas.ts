import { build } from '../schema/index.ts';
import {
  conditions,
  nodeTimeouts,
  objectReference,
  readinessGates,
  taints,
  templateMetadata,
  v1beta2Status,
} from './fragments.ts';

/** What kubeadm is told through Cluster API: KubeadmConfig and KubeadmControlPlane. */
const { atomicObject, bool, dateTime, int32, int64, intOrString, list, mapOf, object, oneOf, text, textOf } = build;

const path = textOf(1, 512);
const argument = textOf(1, 512);
const tag = textOf(1, 256);
const names = (maxItems: number, maxLength: number): ReturnType<typeof list> =>
  list(textOf(1, maxLength), { maxItems });

const keySelector = atomicObject({ 'key!': text(), name: text({ default: '' }), optional: bool() });
const QUANTITY =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

const extraEnvs = list(
  object({
    'name!': text(),
    value: text(),
    valueFrom: object({
      configMapKeyRef: keySelector,
      fieldRef: atomicObject({ apiVersion: text(), 'fieldPath!': text() }),
      resourceFieldRef: atomicObject({
        containerName: text(),
        divisor: intOrString({ pattern: QUANTITY }),
        'resource!': text(),
      }),
      secretKeyRef: keySelector,
    }),
  }),
  { maxItems: 100 },
);

const component: build.Fields = {
  extraArgs: mapOf(text()),
  extraEnvs,
  extraVolumes: list(
    object({ 'hostPath!': path, 'mountPath!': path, 'name!': path, pathType: text(), readOnly: bool() }),
    { maxItems: 100 },
  ),
};
const image: build.Fields = { imageRepository: textOf(1, 512), imageTag: tag };

const clusterConfiguration = object({
  apiServer: object({ certSANs: names(100, 253), ...component, timeoutForControlPlane: text() }),
  apiVersion: text(),
  certificatesDir: path,
  clusterName: textOf(1, 63),
  controlPlaneEndpoint: textOf(1, 512),
  controllerManager: object(component),
  dns: object(image),
  etcd: object({
    external: object({ 'caFile!': path, 'certFile!': path, 'endpoints!': names(50, 512), 'keyFile!': path }),
    local: object({
      dataDir: path,
      extraArgs: mapOf(text()),
      extraEnvs,
      ...image,
      peerCertSANs: names(100, 253),
      serverCertSANs: names(100, 253),
    }),
  }),
  featureGates: mapOf(bool()),
  imageRepository: textOf(1, 512),
  kind: text(),
  kubernetesVersion: textOf(1, 256),
  networking: object({ dnsDomain: textOf(1, 253), podSubnet: textOf(1, 1024), serviceSubnet: textOf(1, 1024) }),
  scheduler: object(component),
});

const nodeRegistration = object({
  criSocket: path,
  ignorePreflightErrors: names(50, 512),
  imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  imagePullSerial: bool(),
  kubeletExtraArgs: mapOf(text()),
  name: textOf(1, 253),
  taints: { ...taints, maxItems: 100 },
});
const localAPIEndpoint = object({ advertiseAddress: textOf(1, 39), bindPort: int32() });
const nodeSetup: build.Fields = {
  apiVersion: text(),
  kind: text(),
  nodeRegistration,
  patches: object({ directory: path }),
  skipPhases: names(50, 256),
};

const initConfiguration = object({
  ...nodeSetup,
  bootstrapTokens: list(
    object({
      description: textOf(1, 512),
      expires: dateTime(),
      groups: names(100, 256),
      'token!': text(),
      ttl: text(),
      usages: names(100, 256),
    }),
    { maxItems: 100 },
  ),
  localAPIEndpoint,
});

const discoveryKubeConfig = object({
  cluster: object({
    certificateAuthorityData: textOf(1, 51200, { format: 'byte' }),
    insecureSkipTLSVerify: bool(),
    proxyURL: textOf(1, 512),
    server: textOf(1, 512),
    tlsServerName: textOf(1, 512),
  }),
  'user!': object({
    authProvider: object({ config: mapOf(text()), 'name!': textOf(1, 256) }),
    exec: object({
      apiVersion: textOf(1, 512),
      args: names(100, 512),
      'command!': textOf(1, 1024),
      env: list(object({ 'name!': argument, 'value!': argument }), { maxItems: 100 }),
      provideClusterInfo: bool(),
    }),
  }),
});

const joinConfiguration = object({
  ...nodeSetup,
  caCertPath: path,
  controlPlane: object({ localAPIEndpoint }),
  discovery: object({
    bootstrapToken: object({
      apiServerEndpoint: textOf(1, 512),
      caCertHashes: names(100, 512),
      token: textOf(1, 512),
      unsafeSkipCAVerification: bool(),
    }),
    file: object({ kubeConfig: discoveryKubeConfig, 'kubeConfigPath!': path }),
    timeout: text(),
    tlsBootstrapToken: textOf(1, 512),
  }),
});

const contentSource = object({ 'secret!': object({ 'key!': textOf(1, 256), 'name!': textOf(1, 253) }) });

const files = list(
  object({
    append: bool(),
    content: textOf(1, 10240),
    contentFrom: contentSource,
    encoding: oneOf('base64', 'gzip', 'gzip+base64'),
    owner: textOf(1, 256),
    'path!': path,
    permissions: textOf(1, 16),
  }),
  { maxItems: 200 },
);

const diskSetup = object({
  filesystems: list(
    object({
      'device!': textOf(1, 256),
      extraOpts: names(100, 256),
      'filesystem!': textOf(1, 128),
      label: textOf(1, 512),
      overwrite: bool(),
      partition: textOf(1, 128),
      replaceFS: textOf(1, 128),
    }),
    { maxItems: 100 },
  ),
  partitions: list(
    object({ 'device!': textOf(1, 256), 'layout!': bool(), overwrite: bool(), tableType: oneOf('mbr', 'gpt') }),
    { maxItems: 100 },
  ),
});

const users = list(
  object({
    gecos: tag,
    groups: tag,
    homeDir: tag,
    inactive: bool(),
    lockPassword: bool(),
    'name!': tag,
    passwd: tag,
    passwdFrom: contentSource,
    primaryGroup: tag,
    shell: tag,
    sshAuthorizedKeys: names(100, 2048),
    sudo: tag,
  }),
  { maxItems: 100 },
);

/** `cloud-init`, which the guide writes, is not among the formats: the enum says `cloud-config`. */
export const kubeadmConfigSpec = object({
  bootCommands: names(1000, 10240),
  clusterConfiguration,
  diskSetup,
  files,
  format: oneOf('cloud-config', 'ignition'),
  ignition: object({ containerLinuxConfig: object({ additionalConfig: textOf(1, 32768), strict: bool() }) }),
  initConfiguration,
  joinConfiguration,
  mounts: list(list(textOf(1, 512)), { maxItems: 100 }),
  ntp: object({ enabled: bool(), servers: names(100, 512) }),
  postKubeadmCommands: names(1000, 10240),
  preKubeadmCommands: names(1000, 10240),
  useExperimentalRetryJoin: bool(),
  users,
  verbosity: int32(),
});

export const kubeadmConfigStatus = object({
  conditions,
  dataSecretName: textOf(1, 253),
  failureMessage: textOf(1, 10240),
  failureReason: textOf(1, 256),
  observedGeneration: int64(),
  ready: bool(),
  v1beta2: v1beta2Status(),
});

export const kubeadmConfigTemplateSpec = object({
  'template!': object({ metadata: templateMetadata, spec: kubeadmConfigSpec }),
});

export const kubeadmControlPlaneSpec = object({
  'kubeadmConfigSpec!': kubeadmConfigSpec,
  machineNamingStrategy: object({ template: textOf(1, 256) }),
  'machineTemplate!': object({
    'infrastructureRef!': objectReference,
    metadata: templateMetadata,
    ...nodeTimeouts,
    readinessGates,
    taints,
  }),
  remediationStrategy: object({ maxRetry: int32(), minHealthyPeriod: text(), retryPeriod: text() }),
  replicas: int32(),
  rolloutAfter: dateTime(),
  rolloutBefore: object({ certificatesExpiryDays: int32() }),
  rolloutStrategy: object(
    { rollingUpdate: object({ maxSurge: intOrString() }), type: oneOf('RollingUpdate') },
    { default: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
  ),
  'version!': textOf(1, 256),
});

export const kubeadmControlPlaneStatus = object({
  conditions,
  failureMessage: textOf(1, 10240),
  failureReason: text(),
  initialized: bool(),
  lastRemediation: object({ 'machine!': textOf(1, 253), 'retryCount!': int32(), 'timestamp!': dateTime() }),
  observedGeneration: int64(),
  ready: bool(),
  readyReplicas: int32(),
  replicas: int32(),
  selector: textOf(1, 4096),
  unavailableReplicas: int32(),
  updatedReplicas: int32(),
  v1beta2: v1beta2Status({ availableReplicas: int32(), readyReplicas: int32(), upToDateReplicas: int32() }),
  version: textOf(1, 256),
});
