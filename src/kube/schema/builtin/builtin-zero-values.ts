/**
 * What Kubernetes prints of the fields of built-in kinds when they are empty, one type a line. The API server keeps objects as Go values,
 * so what a client sent empty may be gone, and what it left out may be there: `field!` is always printed (`""`, 0, false, null),
 * `field-` is a number or flag that is left out when zero, `field*` a text that is kept even when empty, `field~` a time with microseconds.
 * Unmarked lists, maps and texts are left out when empty, unmarked numbers and flags kept. Written by scripts/builtin-zero-values.go
 * from the published Go types of Kubernetes 1.33; not edited by hand.
 */
export const BUILTIN_ZERO_VALUES = `
admissionregistration.v1.AuditAnnotation key! valueExpression!
admissionregistration.v1.ExpressionWarning fieldRef! warning!
admissionregistration.v1.MatchCondition expression! name!
admissionregistration.v1.MatchResources matchPolicy*
admissionregistration.v1.MutatingWebhook admissionReviewVersions! failurePolicy* matchPolicy* name! reinvocationPolicy* sideEffects!
admissionregistration.v1.NamedRuleWithOperations scope*
admissionregistration.v1.ParamRef parameterNotFoundAction*
admissionregistration.v1.RuleWithOperations scope*
admissionregistration.v1.ServiceReference name! namespace! path*
admissionregistration.v1.ValidatingAdmissionPolicySpec failurePolicy*
admissionregistration.v1.ValidatingAdmissionPolicyStatus observedGeneration-
admissionregistration.v1.ValidatingWebhook admissionReviewVersions! failurePolicy* matchPolicy* name! sideEffects!
admissionregistration.v1.Validation expression! reason*
admissionregistration.v1.Variable expression! name!
admissionregistration.v1.WebhookClientConfig url*
apiextensions.v1.CustomResourceColumnDefinition jsonPath! name! priority- type!
apiextensions.v1.CustomResourceConversion strategy!
apiextensions.v1.CustomResourceDefinitionCondition lastTransitionTime! status! type!
apiextensions.v1.CustomResourceDefinitionNames kind! plural!
apiextensions.v1.CustomResourceDefinitionSpec group! preserveUnknownFields- scope! versions!
apiextensions.v1.CustomResourceDefinitionStatus conditions! storedVersions!
apiextensions.v1.CustomResourceDefinitionVersion deprecated- deprecationWarning* name! served! storage!
apiextensions.v1.CustomResourceSubresourceScale labelSelectorPath* specReplicasPath! statusReplicasPath!
apiextensions.v1.SelectableField jsonPath!
apiextensions.v1.ServiceReference name! namespace! path*
apiextensions.v1.WebhookClientConfig url*
apiextensions.v1.WebhookConversion conversionReviewVersions!
apiregistration.v1.APIServiceCondition lastTransitionTime! status! type!
apiregistration.v1.APIServiceSpec groupPriorityMinimum! insecureSkipTLSVerify- versionPriority!
apps.v1.ControllerRevision data! revision!
apps.v1.DaemonSetCondition lastTransitionTime! status! type!
apps.v1.DaemonSetSpec minReadySeconds- selector!
apps.v1.DaemonSetStatus currentNumberScheduled! desiredNumberScheduled! numberAvailable- numberMisscheduled! numberReady! numberUnavailable- observedGeneration- updatedNumberScheduled-
apps.v1.DeploymentCondition lastTransitionTime! lastUpdateTime! status! type!
apps.v1.DeploymentSpec minReadySeconds- paused- selector!
apps.v1.DeploymentStatus availableReplicas- observedGeneration- readyReplicas- replicas- unavailableReplicas- updatedReplicas-
apps.v1.ReplicaSetCondition lastTransitionTime! status! type!
apps.v1.ReplicaSetSpec minReadySeconds- selector!
apps.v1.ReplicaSetStatus availableReplicas- fullyLabeledReplicas- observedGeneration- readyReplicas- replicas!
apps.v1.StatefulSetCondition lastTransitionTime! status! type!
apps.v1.StatefulSetOrdinals start!
apps.v1.StatefulSetSpec minReadySeconds- selector! serviceName!
apps.v1.StatefulSetStatus availableReplicas! currentReplicas- observedGeneration- readyReplicas- replicas! updatedReplicas-
authentication.v1.TokenRequestSpec audiences! boundObjectRef! expirationSeconds!
authentication.v1.TokenRequestStatus expirationTimestamp! token!
authentication.v1.TokenReviewStatus authenticated-
authorization.v1.NonResourceRule verbs!
authorization.v1.ResourceRule verbs!
authorization.v1.SubjectAccessReviewStatus allowed! denied-
authorization.v1.SubjectRulesReviewStatus incomplete! nonResourceRules! resourceRules!
autoscaling.v1.CrossVersionObjectReference kind! name!
autoscaling.v1.HorizontalPodAutoscalerSpec maxReplicas!
autoscaling.v1.HorizontalPodAutoscalerStatus currentReplicas! desiredReplicas!
autoscaling.v1.ScaleSpec replicas-
autoscaling.v1.ScaleStatus replicas!
autoscaling.v2.ContainerResourceMetricSource container! name!
autoscaling.v2.ContainerResourceMetricStatus container! name!
autoscaling.v2.CrossVersionObjectReference kind! name!
autoscaling.v2.HPAScalingPolicy periodSeconds! type! value!
autoscaling.v2.HPAScalingRules selectPolicy*
autoscaling.v2.HorizontalPodAutoscalerCondition lastTransitionTime! status! type!
autoscaling.v2.HorizontalPodAutoscalerSpec maxReplicas!
autoscaling.v2.HorizontalPodAutoscalerStatus currentMetrics! currentReplicas- desiredReplicas!
autoscaling.v2.MetricIdentifier name!
autoscaling.v2.MetricSpec type!
autoscaling.v2.MetricStatus type!
autoscaling.v2.MetricTarget type!
autoscaling.v2.ResourceMetricSource name!
autoscaling.v2.ResourceMetricStatus name!
batch.v1.CronJobSpec schedule! timeZone*
batch.v1.JobCondition lastProbeTime! lastTransitionTime! status! type!
batch.v1.JobSpec completionMode* managedBy* podReplacementPolicy*
batch.v1.JobStatus active- failed- failedIndexes* succeeded-
batch.v1.PodFailurePolicy rules!
batch.v1.PodFailurePolicyOnExitCodesRequirement containerName* operator! values!
batch.v1.PodFailurePolicyOnPodConditionsPattern status! type!
batch.v1.PodFailurePolicyRule action!
batch.v1.SuccessPolicy rules!
batch.v1.SuccessPolicyRule succeededIndexes*
certificates.v1.CertificateSigningRequestCondition lastTransitionTime! lastUpdateTime! status! type!
certificates.v1.CertificateSigningRequestSpec request! signerName!
coordination.v1.LeaseSpec acquireTime~ holderIdentity* preferredHolder* renewTime~ strategy*
core.v1.AWSElasticBlockStoreVolumeSource partition- readOnly- volumeID!
core.v1.AppArmorProfile localhostProfile* type!
core.v1.AttachedVolume devicePath! name!
core.v1.AzureDiskVolumeSource cachingMode* diskName! diskURI! fsType* kind*
core.v1.AzureFilePersistentVolumeSource readOnly- secretName! secretNamespace! shareName!
core.v1.AzureFileVolumeSource readOnly- secretName! shareName!
core.v1.CSIPersistentVolumeSource driver! readOnly- volumeHandle!
core.v1.CSIVolumeSource driver! fsType*
core.v1.CephFSPersistentVolumeSource monitors! readOnly-
core.v1.CephFSVolumeSource monitors! readOnly-
core.v1.CinderPersistentVolumeSource readOnly- volumeID!
core.v1.CinderVolumeSource readOnly- volumeID!
core.v1.ClusterTrustBundleProjection name* path! signerName*
core.v1.ComponentCondition status! type!
core.v1.ConfigMapKeySelector key!
core.v1.ConfigMapNodeConfigSource kubeletConfigKey! name! namespace!
core.v1.Container name! restartPolicy* stdin- stdinOnce- tty-
core.v1.ContainerImage names! sizeBytes-
core.v1.ContainerPort containerPort! hostPort-
core.v1.ContainerResizePolicy resourceName! restartPolicy!
core.v1.ContainerStateRunning startedAt!
core.v1.ContainerStateTerminated exitCode! finishedAt! signal- startedAt!
core.v1.ContainerStatus image! imageID! name! ready! restartCount! stopSignal*
core.v1.DaemonEndpoint Port!
core.v1.DownwardAPIVolumeFile path!
core.v1.EndpointAddress ip! nodeName*
core.v1.EndpointPort appProtocol* port!
core.v1.EnvVar name!
core.v1.EphemeralContainer name! restartPolicy* stdin- stdinOnce- tty-
core.v1.Event count- eventTime!~ firstTimestamp! lastTimestamp! reportingComponent! reportingInstance!
core.v1.EventSeries count- lastObservedTime!~
core.v1.FCVolumeSource readOnly-
core.v1.FlexPersistentVolumeSource driver! readOnly-
core.v1.FlexVolumeSource driver! readOnly-
core.v1.GCEPersistentDiskVolumeSource partition- pdName! readOnly-
core.v1.GRPCAction port! service!
core.v1.GitRepoVolumeSource repository!
core.v1.GlusterfsPersistentVolumeSource endpoints! endpointsNamespace* path! readOnly-
core.v1.GlusterfsVolumeSource endpoints! path! readOnly-
core.v1.HTTPGetAction port!
core.v1.HTTPHeader name! value!
core.v1.HostAlias ip!
core.v1.HostIP ip!
core.v1.HostPathVolumeSource path! type*
core.v1.ISCSIPersistentVolumeSource chapAuthDiscovery- chapAuthSession- initiatorName* iqn! lun! readOnly- targetPortal!
core.v1.ISCSIVolumeSource chapAuthDiscovery- chapAuthSession- initiatorName* iqn! lun! readOnly- targetPortal!
core.v1.KeyToPath key! path!
core.v1.Lifecycle stopSignal*
core.v1.LimitRangeItem type!
core.v1.LimitRangeSpec limits!
core.v1.LinuxContainerUser gid! uid!
core.v1.LoadBalancerIngress ipMode*
core.v1.LocalVolumeSource fsType* path!
core.v1.ModifyVolumeStatus status!
core.v1.NFSVolumeSource path! readOnly- server!
core.v1.NamespaceCondition lastTransitionTime! status! type!
core.v1.NodeAddress address! type!
core.v1.NodeCondition lastHeartbeatTime! lastTransitionTime! status! type!
core.v1.NodeRuntimeHandler name!
core.v1.NodeSelector nodeSelectorTerms!
core.v1.NodeSelectorRequirement key! operator!
core.v1.NodeSpec unschedulable-
core.v1.NodeSystemInfo architecture! bootID! containerRuntimeVersion! kernelVersion! kubeProxyVersion! kubeletVersion! machineID! operatingSystem! osImage! systemUUID!
core.v1.ObjectFieldSelector fieldPath!
core.v1.PersistentVolumeClaimCondition lastProbeTime! lastTransitionTime! status! type!
core.v1.PersistentVolumeClaimSpec storageClassName* volumeAttributesClassName* volumeMode*
core.v1.PersistentVolumeClaimStatus currentVolumeAttributesClassName*
core.v1.PersistentVolumeClaimVolumeSource claimName! readOnly-
core.v1.PersistentVolumeSpec volumeAttributesClassName* volumeMode*
core.v1.PhotonPersistentDiskVolumeSource pdID!
core.v1.PodAffinityTerm topologyKey!
core.v1.PodCondition lastProbeTime! lastTransitionTime! observedGeneration- status! type!
core.v1.PodDNSConfigOption value*
core.v1.PodIP ip!
core.v1.PodOS name!
core.v1.PodReadinessGate conditionType!
core.v1.PodResourceClaim name! resourceClaimName* resourceClaimTemplateName*
core.v1.PodResourceClaimStatus name! resourceClaimName*
core.v1.PodSchedulingGate name!
core.v1.PodSecurityContext fsGroupChangePolicy* seLinuxChangePolicy* supplementalGroupsPolicy*
core.v1.PodSpec containers! hostIPC- hostNetwork- hostPID- preemptionPolicy* runtimeClassName*
core.v1.PodStatus observedGeneration-
core.v1.PortStatus error* port! protocol!
core.v1.PortworxVolumeSource readOnly- volumeID!
core.v1.PreferredSchedulingTerm weight!
core.v1.Probe failureThreshold- initialDelaySeconds- periodSeconds- successThreshold- timeoutSeconds-
core.v1.ProjectedVolumeSource sources!
core.v1.QuobyteVolumeSource readOnly- registry! volume!
core.v1.RBDPersistentVolumeSource image! monitors! readOnly-
core.v1.RBDVolumeSource image! monitors! readOnly-
core.v1.ReplicationControllerCondition lastTransitionTime! status! type!
core.v1.ReplicationControllerSpec minReadySeconds-
core.v1.ReplicationControllerStatus availableReplicas- fullyLabeledReplicas- observedGeneration- readyReplicas- replicas!
core.v1.ResourceClaim name!
core.v1.ResourceFieldSelector divisor! resource!
core.v1.ResourceHealth resourceID!
core.v1.ResourceStatus name!
core.v1.ScaleIOPersistentVolumeSource gateway! readOnly- secretRef! sslEnabled- system!
core.v1.ScaleIOVolumeSource gateway! readOnly- secretRef! sslEnabled- system!
core.v1.ScopedResourceSelectorRequirement operator! scopeName!
core.v1.SeccompProfile localhostProfile* type!
core.v1.SecretKeySelector key!
core.v1.SecurityContext procMount*
core.v1.ServiceAccountTokenProjection path!
core.v1.ServicePort appProtocol* nodePort- port! targetPort!
core.v1.ServiceSpec healthCheckNodePort- internalTrafficPolicy* ipFamilyPolicy* loadBalancerClass* publishNotReadyAddresses- trafficDistribution*
core.v1.SleepAction seconds!
core.v1.StorageOSPersistentVolumeSource readOnly-
core.v1.StorageOSVolumeSource readOnly-
core.v1.Sysctl name! value!
core.v1.TCPSocketAction port!
core.v1.Taint effect! key!
core.v1.TopologySelectorLabelRequirement key! values!
core.v1.TopologySpreadConstraint maxSkew! nodeAffinityPolicy* nodeTaintsPolicy* topologyKey! whenUnsatisfiable!
core.v1.TypedLocalObjectReference apiGroup! kind! name!
core.v1.TypedObjectReference apiGroup! kind! name! namespace*
core.v1.Volume name!
core.v1.VolumeDevice devicePath! name!
core.v1.VolumeMount mountPath! mountPropagation* name! readOnly- recursiveReadOnly*
core.v1.VolumeMountStatus mountPath! name! readOnly- recursiveReadOnly*
core.v1.VsphereVirtualDiskVolumeSource volumePath!
core.v1.WeightedPodAffinityTerm weight!
core.v1.WindowsSecurityContextOptions gmsaCredentialSpec* gmsaCredentialSpecName* runAsUserName*
discovery.v1.Endpoint addresses! hostname* nodeName* zone*
discovery.v1.EndpointPort appProtocol* name* protocol*
discovery.v1.EndpointSlice addressType! endpoints! ports!
discovery.v1.ForNode name!
discovery.v1.ForZone name!
events.v1.Event deprecatedCount- deprecatedFirstTimestamp! deprecatedLastTimestamp! eventTime!~
events.v1.EventSeries count! lastObservedTime!~
meta.v1.Condition lastTransitionTime! message! observedGeneration- reason! status! type!
meta.v1.DeleteOptions propagationPolicy*
meta.v1.FieldSelectorRequirement key! operator!
meta.v1.LabelSelectorRequirement key! operator!
meta.v1.ObjectMeta creationTimestamp! generation-
meta.v1.OwnerReference apiVersion! kind! name! uid!
meta.v1.Preconditions resourceVersion* uid*
networking.v1.HTTPIngressPath pathType!
networking.v1.HTTPIngressRuleValue paths!
networking.v1.IPBlock cidr!
networking.v1.IngressClassParametersReference apiGroup* kind! name! namespace* scope!
networking.v1.IngressPortStatus error* port! protocol!
networking.v1.IngressServiceBackend name!
networking.v1.IngressSpec ingressClassName*
networking.v1.NetworkPolicyPort protocol*
networking.v1.ServiceBackendPort number-
node.v1.RuntimeClass handler!
policy.v1.PodDisruptionBudgetSpec unhealthyPodEvictionPolicy*
policy.v1.PodDisruptionBudgetStatus currentHealthy! desiredHealthy! disruptionsAllowed! expectedPods! observedGeneration-
rbac.v1.ClusterRole rules!
rbac.v1.PolicyRule verbs!
rbac.v1.Role rules!
rbac.v1.RoleRef apiGroup! kind! name!
rbac.v1.Subject kind! name!
scheduling.v1.PriorityClass globalDefault- preemptionPolicy* value!
storage.v1.CSIDriverSpec fsGroupPolicy*
storage.v1.CSINodeDriver name! nodeID! topologyKeys!
storage.v1.CSINodeSpec drivers!
storage.v1.CSIStorageCapacity storageClassName!
storage.v1.StorageClass provisioner! reclaimPolicy* volumeBindingMode*
storage.v1.TokenRequest audience!
storage.v1.VolumeAttachmentSource persistentVolumeName*
storage.v1.VolumeAttachmentSpec attacher! nodeName!
storage.v1.VolumeAttachmentStatus attached!
storage.v1.VolumeError time!
`;
