/** What the fields of the other kinds mean: cluster, configuration, access, network and storage. For the notation see describe.ts. */
export const CLUSTER_DESCRIPTIONS = `
core.v1.Namespace: A space for names; most objects are in one.
core.v1.NamespaceSpec: What must be done before the namespace goes.
  finalizers: Who empties the namespace before it goes.
core.v1.NamespaceStatus: Whether the namespace is in use or goes.
  phase: Active or Terminating.
core.v1.Node: A machine that runs Pods.
core.v1.NodeSpec: What is set for the node.
  configSource: No longer used.
  externalID: No longer used.
  podCIDR: Range of addresses for Pods of the node.
  podCIDRs: The same, one a family.
  providerID: Name of the machine at its provider, PROVIDER://ID.
  taints: What keeps Pods off the node.
  unschedulable: Whether no new Pods come to the node.
core.v1.NodeStatus: What the kubelet reports of the machine.
  addresses: Addresses and names of the machine.
  allocatable: What Pods can have of its resources.
  capacity: All its resources.
  config: No longer used.
  daemonEndpoints: Port of the kubelet.
  features: What the container runtime can do.
  images: Images that are there already.
  nodeInfo: Versions and identity of the machine.
  phase: No longer used.
  runtimeHandlers: Ways of running containers that the runtime offers.
  volumesAttached: Volumes that are attached.
  volumesInUse: Volumes that are attached and mounted.
core.v1.Taint: Keeps Pods off a node that do not tolerate it.
  effect: NoSchedule, PreferNoSchedule, or NoExecute, which also ends running Pods.
  key: Name of the taint.
  timeAdded: When it was set.
  value: Its value.
core.v1.Event: Something that happened to an object, for people to read. It goes after a while.
  action: What was done or tried.
  count: How often it happened.
  eventTime: When it happened first.
  firstTimestamp: When it was recorded first.
  involvedObject: The object that it is about.
  lastTimestamp: When it was recorded last.
  message: What happened, for people.
  reason: One word for what happened.
  related: A second object that has to do with it.
  reportingComponent: The controller that reports it.
  reportingInstance: Which instance of the controller.
  series: How often it has happened since.
  source: Who recorded it.
  type: Normal or Warning.
core.v1.ConfigMap: Settings that are no secret, by key.
  binaryData: Values that are not text, in base64.
  data: Values that are text.
  immutable: Whether the contents cannot change any more.
core.v1.Secret: Settings that few may read, by key.
  data: Values in base64.
  immutable: Whether the contents cannot change any more.
  stringData: Values as text, for writing only; they become part of data.
  type: What the Secret is for, which also says which keys it must have.
core.v1.ServiceAccount: An identity for programs.
  automountServiceAccountToken: Whether Pods of this account get a token of it.
  imagePullSecrets: Secrets for registries that Pods of this account use.
  secrets: Secrets that Pods of this account may use.
core.v1.Service: A lasting address for a changing set of Pods.
core.v1.ServiceSpec: Which Pods, under which address.
  allocateLoadBalancerNodePorts: Whether a load balancer needs ports of the nodes too.
  clusterIP: Address inside the cluster; None for a Service without one. It cannot change.
  clusterIPs: The same, one a family.
  externalIPs: Further addresses, which somebody else leads to the nodes.
  externalName: The name that a Service of type ExternalName stands for.
  externalTrafficPolicy: Whether traffic from outside stays on the node that it came to.
  healthCheckNodePort: Port at which nodes say whether they have a Pod.
  internalTrafficPolicy: Whether traffic from inside stays on its node.
  ipFamilies: IPv4, IPv6 or both.
  ipFamilyPolicy: Whether the Service has one family or two.
  loadBalancerClass: Which load balancer looks after the Service.
  loadBalancerIP: Address that is wished for; not every provider heeds it.
  loadBalancerSourceRanges: Who may use the load balancer.
  ports: The ports.
  publishNotReadyAddresses: Whether Pods count that are not ready.
  selector: Labels of the Pods; without them others keep the endpoints.
  sessionAffinity: Whether a client comes to the same Pod again: None or ClientIP.
  sessionAffinityConfig: For how long.
  trafficDistribution: Which endpoints are preferred, such as those close by.
  type: ClusterIP, NodePort, LoadBalancer or ExternalName.
core.v1.ServiceStatus: What others have done for the Service.
  loadBalancer: Addresses of the load balancer.
core.v1.ServicePort: A port of a Service.
  appProtocol: The protocol that is spoken.
  name: Name of the port; needed where there are several.
  nodePort: Port of every node that leads here.
  port: Port of the Service.
  protocol: TCP, UDP or SCTP.
  targetPort: Port of the Pods, by number or name.
core.v1.Endpoints: Addresses behind a Service; EndpointSlices have taken its place.
  subsets: Addresses that have the same ports.
discovery.v1.EndpointSlice: Some of the addresses behind a Service.
  addressType: IPv4, IPv6 or FQDN.
  endpoints: The addresses, with their state.
  ports: Ports that every address has.
coordination.v1.Lease: Who holds something, and until when; nodes and leaders renew theirs.
coordination.v1.LeaseSpec: The holder and the times.
  acquireTime: When the holder took it.
  holderIdentity: The holder.
  leaseDurationSeconds: How long after its renewal it may be taken by another.
  leaseTransitions: How often it changed hands.
  preferredHolder: Who should hold it.
  renewTime: When it was last renewed.
  strategy: How the holder is chosen.
rbac.v1.Role: What may be done in one namespace.
  rules: What is allowed. Nothing can be forbidden.
rbac.v1.ClusterRole: What may be done in all namespaces, and with what is in none.
  aggregationRule: Which roles this one gathers; its rules are then written by a controller.
  rules: What is allowed. Nothing can be forbidden.
rbac.v1.RoleBinding: Gives a role to users in one namespace.
  roleRef: The role. It cannot change.
  subjects: Who gets it.
rbac.v1.ClusterRoleBinding: Gives a ClusterRole to users everywhere.
  roleRef: The role. It cannot change.
  subjects: Who gets it.
rbac.v1.PolicyRule: Verbs on resources or addresses.
  apiGroups: Groups of the resources; "" is that of Pods and Services, * is all.
  nonResourceURLs: Addresses that are no resources.
  resourceNames: Names of objects; every one when empty.
  resources: Resources and subresources; * is all.
  verbs: What may be done; * is all.
rbac.v1.RoleRef: Names a role.
  apiGroup: Group of the role.
  kind: Role or ClusterRole.
  name: Name of the role.
rbac.v1.Subject: Who gets a role.
  apiGroup: Group of the subject; empty for ServiceAccounts.
  kind: User, Group or ServiceAccount.
  name: Name of the subject.
  namespace: Namespace of a ServiceAccount.
apiextensions.v1.CustomResourceDefinition: Adds a kind to the API.
apiextensions.v1.CustomResourceDefinitionSpec: The kind, its names and its versions.
  conversion: How objects get from one version to another.
  group: API group of the kind.
  names: Names of the kind.
  preserveUnknownFields: Must be false.
  scope: Namespaced or Cluster.
  versions: The versions, with their schemas.
apiextensions.v1.CustomResourceDefinitionStatus: Whether the kind is served.
  acceptedNames: Names that it is served by.
  storedVersions: Versions that objects have been stored in.
apiextensions.v1.CustomResourceDefinitionVersion: One version of a kind.
  additionalPrinterColumns: Columns of its tables.
  deprecated: Whether clients are warned.
  deprecationWarning: What they are told.
  name: Name of the version, such as v1beta1.
  schema: What objects look like.
  selectableFields: Fields that objects can be selected by.
  served: Whether the version can be used.
  storage: Whether objects are stored in this version; true for exactly one.
  subresources: Whether objects have a status and a scale.
core.v1.PersistentVolumeClaim: Asks for storage.
core.v1.PersistentVolumeClaimSpec: The storage that is asked for.
  accessModes: Who may use it at the same time, such as ReadWriteOnce.
  dataSource: What the volume is filled from.
  dataSourceRef: The same, from any kind and namespace.
  resources: How much.
  selector: Labels of the volumes to choose from.
  storageClassName: The StorageClass.
  volumeAttributesClassName: Class of properties that may change later.
  volumeMode: Filesystem or Block.
  volumeName: The volume that it is bound to.
core.v1.PersistentVolumeClaimStatus: What the claim has got.
  accessModes: Access modes of the volume.
  allocatedResourceStatuses: How far a change of size has come.
  allocatedResources: What a change of size has set aside.
  capacity: Size of the volume.
  currentVolumeAttributesClassName: Class that is in force.
  modifyVolumeStatus: How far a change of the class has come.
  phase: Pending, Bound or Lost.
core.v1.PersistentVolume: A piece of storage.
core.v1.PersistentVolumeStatus: Whether the volume is in use.
  lastPhaseTransitionTime: When the phase last changed.
  message: Details, for people.
  phase: Pending, Available, Bound, Released or Failed.
  reason: One word for why it is so.
storage.v1.StorageClass: A sort of storage, and who makes volumes of it.
  allowVolumeExpansion: Whether volumes can grow.
  allowedTopologies: Where volumes may be made.
  mountOptions: Options with which volumes are mounted.
  parameters: Settings for the provisioner.
  provisioner: Who makes the volumes.
  reclaimPolicy: Whether a volume goes with its claim: Delete or Retain.
  volumeBindingMode: Whether a volume is made at once or for the first Pod that needs it.
scheduling.v1.PriorityClass: A name for the importance of Pods.
  description: When to use it.
  globalDefault: Whether Pods without a class get this one.
  preemptionPolicy: Whether other Pods give way.
  value: The importance; more is more.
networking.v1.Ingress: Leads HTTP requests from outside to Services.
networking.v1.IngressSpec: Which requests go where.
  defaultBackend: Where requests go that no rule is for.
  ingressClassName: Which controller looks after it.
  rules: Rules by host and path.
  tls: Certificates by host.
networking.v1.IngressStatus: Where the Ingress is reached.
  loadBalancer: Addresses of the load balancer.
networking.v1.NetworkPolicy: Says which traffic some Pods may have.
networking.v1.NetworkPolicySpec: The Pods and the traffic.
  egress: What may go out.
  ingress: What may come in.
  podSelector: The Pods; an empty selector takes all of the namespace.
  policyTypes: Whether it is about Ingress, Egress or both.
`;
