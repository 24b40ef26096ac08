import { apiVersionOf, resources, type KubeObject, type Resource } from '../../kube/index.ts';
import type { Site } from '../../site/index.ts';
import { kubernetesFolderVolume } from './api-server.ts';
import { paths, type KubeadmFile } from './kubeadm-files.ts';
import { CLUSTER_NAME, controlPlaneNames, namespace } from './names.ts';

/** An object in the platform's namespace; its spec keeps the order in which it is written here. */
export function platformObject(
  resource: Resource,
  name: string,
  body: Record<string, unknown>,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): KubeObject {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name, namespace, ...metadata },
    ...body,
  };
}

/** A reference as Cluster API objects write it. */
export function reference(resource: Resource, name: string, inNamespace = false): Record<string, string> {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, ...(inNamespace && { namespace }) };
}

/** SANs of the etcd server certificate; disaster recovery has both VIPs, in the same order on both sides. */
export function etcdSans(site: Site): string[] {
  const vips = site.dr ? [site.dr.primaryVIP, site.dr.standbyVIP] : [site.network.controlPlaneVIP];
  return [...new Set([...vips, site.platform.host])];
}

/** The root object. `annotations` stand between the two that name the infrastructure and the registry address. */
export function clusterObject(
  site: Site,
  infra: Resource,
  metadata: { labels: Record<string, string>; annotations: Record<string, string> },
): KubeObject {
  return platformObject(
    resources.clusters,
    CLUSTER_NAME,
    {
      spec: {
        clusterNetwork: {
          pods: { cidrBlocks: [site.network.podCIDR] },
          services: { cidrBlocks: [site.network.serviceCIDR] },
        },
        controlPlaneRef: reference(resources.kubeadmControlPlanes, controlPlaneNames.controlPlane),
        infrastructureRef: reference(infra, CLUSTER_NAME),
      },
    },
    {
      labels: metadata.labels,
      annotations: {
        'capi.cpaas.io/resource-group-version': apiVersionOf(infra),
        'capi.cpaas.io/resource-kind': infra.kind,
        ...metadata.annotations,
        'cpaas.io/registry-address': site.bootstrap.registry.nodeAddress,
      },
    },
  );
}

export interface KubeadmUser {
  name: string;
  sudo?: string;
  sshAuthorizedKeys: string[];
}

export interface NodeRegistration {
  criSocket?: string;
  ignorePreflightErrors?: string[];
  name?: string;
  kubeletExtraArgs: Record<string, string>;
}

export interface ControlPlaneSpec {
  readonly site: Site;
  readonly template: Resource;
  readonly templateName: string;
  readonly annotations?: Record<string, string>;
  /** Labels that the machines carry. */
  readonly machineLabels?: Record<string, string>;
  readonly format: string;
  readonly users?: KubeadmUser[];
  readonly files: readonly KubeadmFile[];
  readonly preKubeadmCommands?: readonly string[];
  readonly imageRepository: string;
  readonly apiServerArgs: Record<string, string>;
  readonly controllerManagerArgs: Record<string, string>;
  readonly init: NodeRegistration;
  readonly join: NodeRegistration;
}

export const postKubeadmCommands = ['chmod 600 /var/lib/kubelet/config.yaml'];

const patches = { directory: paths.patches };

/** A single control plane node cannot be replaced one by one: such a control plane has no rollout strategy. */
function rollout(replicas: number): Record<string, unknown> {
  return replicas === 1 ? {} : { rolloutStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0 } } };
}

export function controlPlaneObject(spec: ControlPlaneSpec): KubeObject {
  const { site } = spec;
  return platformObject(
    resources.kubeadmControlPlanes,
    controlPlaneNames.controlPlane,
    {
      spec: {
        replicas: site.controlPlane.replicas,
        version: site.versions.kubernetes,
        ...rollout(site.controlPlane.replicas),
        machineTemplate: {
          ...(spec.machineLabels && { metadata: { labels: spec.machineLabels } }),
          nodeDrainTimeout: '1m',
          nodeDeletionTimeout: '5m',
          infrastructureRef: reference(spec.template, spec.templateName),
        },
        kubeadmConfigSpec: {
          format: spec.format,
          ...(spec.users && { users: spec.users }),
          files: spec.files.map((file) => ({ ...file })),
          ...(spec.preKubeadmCommands && { preKubeadmCommands: [...spec.preKubeadmCommands] }),
          postKubeadmCommands: [...postKubeadmCommands],
          clusterConfiguration: {
            imageRepository: spec.imageRepository,
            dns: { imageTag: site.versions.coredns },
            etcd: { local: { imageTag: site.versions.etcd, serverCertSANs: etcdSans(site) } },
            apiServer: { extraArgs: spec.apiServerArgs, extraVolumes: [{ ...kubernetesFolderVolume }] },
            controllerManager: { extraArgs: spec.controllerManagerArgs },
            scheduler: {
              extraArgs: { 'bind-address': '::', profiling: 'false', 'tls-min-version': 'VersionTLS12' },
            },
          },
          initConfiguration: { patches: { ...patches }, nodeRegistration: spec.init },
          joinConfiguration: { patches: { ...patches }, nodeRegistration: spec.join },
        },
      },
    },
    spec.annotations ? { annotations: spec.annotations } : {},
  );
}

export interface WorkerConfigSpec {
  readonly name: string;
  readonly format: string;
  readonly users?: KubeadmUser[];
  readonly files: readonly KubeadmFile[];
  readonly preKubeadmCommands?: readonly string[];
  readonly join: NodeRegistration;
}

export function workerConfigObject(spec: WorkerConfigSpec): KubeObject {
  return platformObject(resources.kubeadmConfigTemplates, spec.name, {
    spec: {
      template: {
        spec: {
          format: spec.format,
          ...(spec.users && { users: spec.users }),
          files: spec.files.map((file) => ({ ...file })),
          ...(spec.preKubeadmCommands && { preKubeadmCommands: [...spec.preKubeadmCommands] }),
          postKubeadmCommands: [...postKubeadmCommands],
          joinConfiguration: { patches: { ...patches }, nodeRegistration: spec.join },
        },
      },
    },
  });
}

export interface MachineDeploymentSpec {
  readonly site: Site;
  readonly name: string;
  readonly replicas: number;
  /** Labels of the selector; empty: Cluster API fills in the deployment's own. */
  readonly selector: Record<string, string>;
  readonly templateLabels?: Record<string, string>;
  readonly timeouts: boolean;
  readonly failureDomain?: string | undefined;
  readonly config: string;
  readonly template: Resource;
  readonly templateName: string;
  /** Whether the page writes the namespace into the references. */
  readonly namespacedReferences: boolean;
}

export function machineDeploymentObject(spec: MachineDeploymentSpec): KubeObject {
  return platformObject(resources.machineDeployments, spec.name, {
    spec: {
      clusterName: CLUSTER_NAME,
      replicas: spec.replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      selector: { matchLabels: spec.selector },
      template: {
        ...(spec.templateLabels && { metadata: { labels: spec.templateLabels } }),
        spec: {
          clusterName: CLUSTER_NAME,
          version: spec.site.versions.kubernetes,
          ...(spec.timeouts && { nodeDrainTimeout: '1m', nodeDeletionTimeout: '5m' }),
          ...(spec.failureDomain !== undefined && { failureDomain: spec.failureDomain }),
          bootstrap: {
            configRef: reference(resources.kubeadmConfigTemplates, spec.config, spec.namespacedReferences),
          },
          infrastructureRef: reference(spec.template, spec.templateName, spec.namespacedReferences),
        },
      },
    },
  });
}
