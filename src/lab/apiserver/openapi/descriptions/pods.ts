/** What the fields of Pods and of their templates mean. For the notation see describe.ts. */
export const POD_DESCRIPTIONS = `
core.v1.Pod: Containers that run together on one node and share its network and volumes.
core.v1.PodTemplateSpec: What Pods are made from.
core.v1.PodSpec: How a Pod is to run.
  activeDeadlineSeconds: How long the Pod may run before it is ended as failed.
  affinity: Preferences and demands on the node, and on what runs there already.
  automountServiceAccountToken: Whether containers get a token of the service account.
  containers: The containers, at least one. They cannot be added to or removed later.
  dnsConfig: Settings of name resolution beyond those of the policy.
  dnsPolicy: Where names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default or None.
  enableServiceLinks: Whether containers have environment variables for the Services of the namespace.
  ephemeralContainers: Containers that were added to the running Pod to look into it.
  hostAliases: Further lines of the hosts file of the containers.
  hostIPC: Whether the Pod shares the interprocess communication of the node.
  hostNetwork: Whether the Pod uses the network of the node; its ports are then ports of the node.
  hostPID: Whether the Pod sees the processes of the node.
  hostUsers: Whether users of the Pod are users of the node; false gives the Pod a range of its own.
  hostname: Host name inside the Pod; the name of the Pod when empty.
  imagePullSecrets: Secrets with the credentials for the registries of the images.
  initContainers: Containers that run before the others, one after another, each to its end.
  nodeName: The node that the Pod runs on. The scheduler sets it.
  nodeSelector: Labels that the node must have.
  os: The operating system that the containers need.
  overhead: What the Pod takes beyond its containers, from its runtime class.
  preemptionPolicy: Whether Pods of lower priority give way to this one.
  priority: Importance as a number, from the priority class.
  priorityClassName: Name of the PriorityClass.
  readinessGates: Conditions that must hold too before the Pod counts as ready.
  resourceClaims: Devices that the Pod needs and its containers refer to.
  resources: What the Pod as a whole asks for and is limited to.
  restartPolicy: Whether ended containers are started again: Always, OnFailure or Never.
  runtimeClassName: Name of the RuntimeClass that runs the Pod.
  schedulerName: Which scheduler finds the node.
  schedulingGates: While there are any, the Pod is not scheduled.
  securityContext: Users, groups and security settings of all containers.
  serviceAccount: Former name of serviceAccountName.
  serviceAccountName: The ServiceAccount that the containers act as.
  setHostnameAsFQDN: Whether the host name is the full one, with its domain.
  shareProcessNamespace: Whether the containers see the processes of each other.
  subdomain: Part of the full host name, between the host name and the namespace.
  terminationGracePeriodSeconds: How long containers have to end before they are killed.
  tolerations: Taints of nodes that do not keep the Pod away.
  topologySpreadConstraints: How Pods of this sort are spread over zones, nodes and the like.
  volumes: Storage that containers of the Pod can mount.
core.v1.PodStatus: What has become of a Pod.
  containerStatuses: One entry a container.
  ephemeralContainerStatuses: One entry an ephemeral container.
  hostIP: Address of the node.
  hostIPs: Addresses of the node, one a family.
  initContainerStatuses: One entry an init container.
  message: Details of why the Pod is as it is, for people.
  nominatedNodeName: Node on which room is being made for the Pod.
  phase: Pending, Running, Succeeded, Failed or Unknown.
  podIP: Address of the Pod.
  podIPs: Addresses of the Pod, one a family.
  qosClass: Guaranteed, Burstable or BestEffort, from requests and limits.
  reason: One word for why the Pod is as it is, such as Evicted.
  resize: How far a change of resources has come.
  resourceClaimStatuses: The claims that were made for the Pod.
  startTime: When the kubelet took the Pod on.
core.v1.PodCondition: One thing that is known of a Pod.
  message: The details, for people.
  reason: One word for why it is so.
  status: True, False or Unknown.
  type: PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget and others.
core.v1.Container: One program in a Pod, with the image that it comes in.
  args: Arguments of the program; those of the image when absent.
  command: The program; the entry point of the image when absent.
  env: Environment variables.
  envFrom: ConfigMaps and Secrets whose entries become environment variables.
  image: Name of the image, with its registry and its tag or digest.
  imagePullPolicy: When the image is pulled: Always, IfNotPresent or Never.
  lifecycle: What is done after the start and before the end.
  livenessProbe: When this fails, the container is started again.
  name: Name of the container, unlike any other in the Pod.
  ports: Ports that the program listens on; for information, and for Services to refer to by name.
  readinessProbe: While this fails, Services send nothing to the Pod.
  resizePolicy: Whether a change of resources needs a restart.
  resources: What the container asks for and is limited to.
  restartPolicy: Of an init container: Always lets it run beside the others.
  securityContext: User, privileges and security settings of this container.
  startupProbe: Until this succeeds, the other probes are not run.
  stdin: Whether the container has a standard input.
  stdinOnce: Whether standard input closes when the first client leaves.
  terminationMessagePath: File in which the program may leave its last words.
  terminationMessagePolicy: Whether the end of the log is taken where the file is empty.
  tty: Whether the container has a terminal.
  volumeDevices: Volumes that the container uses as block devices.
  volumeMounts: Volumes that are mounted into the container, and where.
  workingDir: Folder that the program starts in.
core.v1.ContainerPort: A port of a container.
  containerPort: The number, from 1 to 65535.
  hostIP: Address of the node that the port is bound to.
  hostPort: Port of the node that leads here.
  name: Name for Services to refer to.
  protocol: TCP, UDP or SCTP.
core.v1.EnvVar: An environment variable.
  name: Name of the variable.
  value: Its value; $(NAME) stands for a variable before it.
  valueFrom: Where the value comes from instead.
core.v1.EnvFromSource: Entries of a ConfigMap or a Secret as environment variables.
  configMapRef: The ConfigMap.
  prefix: Put before each name.
  secretRef: The Secret.
core.v1.Probe: A question that the kubelet asks a container again and again.
  exec: Runs a command in the container; 0 is success.
  failureThreshold: So many failures in a row count as failed.
  grpc: Asks the health service of gRPC.
  httpGet: Sends an HTTP request; from 200 to 399 is success.
  initialDelaySeconds: Time between the start and the first question.
  periodSeconds: Time between two questions.
  successThreshold: So many successes in a row count as succeeded.
  tcpSocket: Opens a connection.
  terminationGracePeriodSeconds: How long the container has to end after a failed probe.
  timeoutSeconds: How long an answer may take.
core.v1.ResourceRequirements: Computing resources by name, such as cpu and memory.
  claims: Claims of the Pod that this container uses.
  limits: The most that may be used.
  requests: What is set aside; the scheduler goes by it.
core.v1.SecurityContext: Security settings of one container.
  allowPrivilegeEscalation: Whether a process may gain more privileges than its parent.
  appArmorProfile: The AppArmor profile.
  capabilities: Capabilities of Linux that are added and dropped.
  privileged: Whether the container may do what root may do on the node.
  procMount: How the proc file system is mounted.
  readOnlyRootFilesystem: Whether the files of the image cannot be written to.
  runAsGroup: Group of the program.
  runAsNonRoot: Whether the container is not started as root.
  runAsUser: User of the program.
  seLinuxOptions: The SELinux context.
  seccompProfile: Which system calls are let through.
  windowsOptions: Settings for Windows.
core.v1.PodSecurityContext: Security settings of a Pod; a container may have its own.
  appArmorProfile: The AppArmor profile.
  fsGroup: Group that volumes belong to.
  fsGroupChangePolicy: Whether the group of a volume is changed always, or only where its root has another.
  runAsGroup: Group of the programs.
  runAsNonRoot: Whether containers are not started as root.
  runAsUser: User of the programs.
  seLinuxChangePolicy: How volumes get their SELinux label.
  seLinuxOptions: The SELinux context.
  seccompProfile: Which system calls are let through.
  supplementalGroups: Further groups of the programs.
  supplementalGroupsPolicy: Whether the groups of the image count too.
  sysctls: Settings of the kernel for the Pod.
  windowsOptions: Settings for Windows.
core.v1.Toleration: Lets a Pod onto nodes with a taint.
  effect: The effect that is tolerated; every one when empty.
  key: Key of the taint; every one when empty.
  operator: Equal compares the value, Exists does not.
  tolerationSeconds: How long a Pod stays after a NoExecute taint came.
  value: Value of the taint.
core.v1.Volume: Storage that a Pod has while it runs; exactly one source is given.
  awsElasticBlockStore: A disk of AWS.
  azureDisk: A disk of Azure.
  azureFile: A file share of Azure.
  cephfs: A CephFS.
  cinder: A disk of OpenStack.
  configMap: Entries of a ConfigMap as files.
  csi: A volume of a CSI driver that lives as long as the Pod.
  downwardAPI: Fields of the Pod as files.
  emptyDir: A folder, empty at first, that goes with the Pod.
  ephemeral: A claim that is made for the Pod and goes with it.
  fc: A Fibre Channel disk.
  flexVolume: A volume of a FlexVolume driver.
  flocker: A Flocker volume.
  gcePersistentDisk: A disk of Google.
  gitRepo: A Git repository that is checked out.
  glusterfs: A GlusterFS volume.
  hostPath: A file or folder of the node.
  image: Files of an image.
  iscsi: An iSCSI disk.
  name: Name that volumeMounts refer to.
  nfs: A folder of an NFS server.
  persistentVolumeClaim: A PersistentVolumeClaim of the namespace.
  photonPersistentDisk: A disk of Photon.
  portworxVolume: A Portworx volume.
  projected: Several sources in one folder.
  quobyte: A Quobyte volume.
  rbd: A Ceph block device.
  scaleIO: A ScaleIO volume.
  secret: Entries of a Secret as files.
  storageos: A StorageOS volume.
  vsphereVolume: A disk of vSphere.
core.v1.VolumeMount: Where a volume appears in a container.
  mountPath: The folder in the container.
  mountPropagation: Whether mounts inside are seen on the node, and the other way round.
  name: Name of the volume.
  readOnly: Whether it cannot be written to.
  recursiveReadOnly: Whether that goes for what is mounted inside too.
  subPath: Part of the volume; its root when empty.
  subPathExpr: The same, with $(NAME) for environment variables.
`;
