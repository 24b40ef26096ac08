/**
 * Fields of the built-in kinds of Kubernetes 1.33, one type a line; see builtin-schema.ts for the notation.
 * Written by scripts/builtin-types.mjs from the published OpenAPI documents; not edited by hand.
 */
export const BUILTIN_KINDS = `
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration admissionregistration.v1.MutatingWebhookConfiguration
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy admissionregistration.v1.ValidatingAdmissionPolicy
admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding admissionregistration.v1.ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration admissionregistration.v1.ValidatingWebhookConfiguration
apiextensions.k8s.io/v1 CustomResourceDefinition apiextensions.v1.CustomResourceDefinition
apiregistration.k8s.io/v1 APIService apiregistration.v1.APIService
apps/v1 ControllerRevision apps.v1.ControllerRevision
apps/v1 DaemonSet apps.v1.DaemonSet
apps/v1 Deployment apps.v1.Deployment
apps/v1 ReplicaSet apps.v1.ReplicaSet
apps/v1 StatefulSet apps.v1.StatefulSet
authentication.k8s.io/v1 SelfSubjectReview authentication.v1.SelfSubjectReview
authentication.k8s.io/v1 TokenRequest authentication.v1.TokenRequest
authentication.k8s.io/v1 TokenReview authentication.v1.TokenReview
authorization.k8s.io/v1 LocalSubjectAccessReview authorization.v1.LocalSubjectAccessReview
authorization.k8s.io/v1 SelfSubjectAccessReview authorization.v1.SelfSubjectAccessReview
authorization.k8s.io/v1 SelfSubjectRulesReview authorization.v1.SelfSubjectRulesReview
authorization.k8s.io/v1 SubjectAccessReview authorization.v1.SubjectAccessReview
autoscaling/v1 HorizontalPodAutoscaler autoscaling.v1.HorizontalPodAutoscaler
autoscaling/v1 Scale autoscaling.v1.Scale
autoscaling/v2 HorizontalPodAutoscaler autoscaling.v2.HorizontalPodAutoscaler
batch/v1 CronJob batch.v1.CronJob
batch/v1 Job batch.v1.Job
certificates.k8s.io/v1 CertificateSigningRequest certificates.v1.CertificateSigningRequest
coordination.k8s.io/v1 Lease coordination.v1.Lease
discovery.k8s.io/v1 EndpointSlice discovery.v1.EndpointSlice
events.k8s.io/v1 Event events.v1.Event
networking.k8s.io/v1 IPAddress networking.v1.IPAddress
networking.k8s.io/v1 Ingress networking.v1.Ingress
networking.k8s.io/v1 IngressClass networking.v1.IngressClass
networking.k8s.io/v1 NetworkPolicy networking.v1.NetworkPolicy
networking.k8s.io/v1 ServiceCIDR networking.v1.ServiceCIDR
node.k8s.io/v1 RuntimeClass node.v1.RuntimeClass
policy/v1 Eviction policy.v1.Eviction
policy/v1 PodDisruptionBudget policy.v1.PodDisruptionBudget
rbac.authorization.k8s.io/v1 ClusterRole rbac.v1.ClusterRole
rbac.authorization.k8s.io/v1 ClusterRoleBinding rbac.v1.ClusterRoleBinding
rbac.authorization.k8s.io/v1 Role rbac.v1.Role
rbac.authorization.k8s.io/v1 RoleBinding rbac.v1.RoleBinding
scheduling.k8s.io/v1 PriorityClass scheduling.v1.PriorityClass
storage.k8s.io/v1 CSIDriver storage.v1.CSIDriver
storage.k8s.io/v1 CSINode storage.v1.CSINode
storage.k8s.io/v1 CSIStorageCapacity storage.v1.CSIStorageCapacity
storage.k8s.io/v1 StorageClass storage.v1.StorageClass
storage.k8s.io/v1 VolumeAttachment storage.v1.VolumeAttachment
v1 Binding core.v1.Binding
v1 ComponentStatus core.v1.ComponentStatus
v1 ConfigMap core.v1.ConfigMap
v1 Endpoints core.v1.Endpoints
v1 Event core.v1.Event
v1 LimitRange core.v1.LimitRange
v1 Namespace core.v1.Namespace
v1 Node core.v1.Node
v1 PersistentVolume core.v1.PersistentVolume
v1 PersistentVolumeClaim core.v1.PersistentVolumeClaim
v1 Pod core.v1.Pod
v1 PodTemplate core.v1.PodTemplate
v1 ReplicationController core.v1.ReplicationController
v1 ResourceQuota core.v1.ResourceQuota
v1 Secret core.v1.Secret
v1 Service core.v1.Service
v1 ServiceAccount core.v1.ServiceAccount
v1 Status meta.v1.Status
`;

export const BUILTIN_TYPES = `
admissionregistration.v1.AuditAnnotation key!:string valueExpression!:string
admissionregistration.v1.ExpressionWarning fieldRef!:string warning!:string
admissionregistration.v1.MatchCondition expression!:string name!:string
admissionregistration.v1.MatchResources^ excludeResourceRules:[]@admissionregistration.v1.NamedRuleWithOperations matchPolicy:string namespaceSelector:@meta.v1.LabelSelector objectSelector:@meta.v1.LabelSelector resourceRules:[]@admissionregistration.v1.NamedRuleWithOperations
admissionregistration.v1.MutatingWebhook admissionReviewVersions!:[]string clientConfig!:@admissionregistration.v1.WebhookClientConfig= failurePolicy:string matchConditions:[name]@admissionregistration.v1.MatchCondition~merge/name matchPolicy:string name!:string namespaceSelector:@meta.v1.LabelSelector objectSelector:@meta.v1.LabelSelector reinvocationPolicy:string rules:[]@admissionregistration.v1.RuleWithOperations sideEffects!:string timeoutSeconds:int32
admissionregistration.v1.MutatingWebhookConfiguration apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= webhooks:[name]@admissionregistration.v1.MutatingWebhook~merge/name
admissionregistration.v1.NamedRuleWithOperations^ apiGroups:[]string apiVersions:[]string operations:[]string resourceNames:[]string resources:[]string scope:string
admissionregistration.v1.ParamKind^ apiVersion:string kind:string
admissionregistration.v1.ParamRef^ name:string namespace:string parameterNotFoundAction:string selector:@meta.v1.LabelSelector
admissionregistration.v1.RuleWithOperations apiGroups:[]string apiVersions:[]string operations:[]string resources:[]string scope:string
admissionregistration.v1.ServiceReference name!:string namespace!:string path:string port:int32
admissionregistration.v1.TypeChecking expressionWarnings:[]@admissionregistration.v1.ExpressionWarning
admissionregistration.v1.ValidatingAdmissionPolicy apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@admissionregistration.v1.ValidatingAdmissionPolicySpec= status:@admissionregistration.v1.ValidatingAdmissionPolicyStatus=
admissionregistration.v1.ValidatingAdmissionPolicyBinding apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec=
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec matchResources:@admissionregistration.v1.MatchResources paramRef:@admissionregistration.v1.ParamRef policyName:string validationActions:[set]string
admissionregistration.v1.ValidatingAdmissionPolicySpec auditAnnotations:[]@admissionregistration.v1.AuditAnnotation failurePolicy:string matchConditions:[name]@admissionregistration.v1.MatchCondition~merge/name matchConstraints:@admissionregistration.v1.MatchResources paramKind:@admissionregistration.v1.ParamKind validations:[]@admissionregistration.v1.Validation variables:[name]@admissionregistration.v1.Variable~merge/name
admissionregistration.v1.ValidatingAdmissionPolicyStatus conditions:[type]@meta.v1.Condition observedGeneration:int64 typeChecking:@admissionregistration.v1.TypeChecking
admissionregistration.v1.ValidatingWebhook admissionReviewVersions!:[]string clientConfig!:@admissionregistration.v1.WebhookClientConfig= failurePolicy:string matchConditions:[name]@admissionregistration.v1.MatchCondition~merge/name matchPolicy:string name!:string namespaceSelector:@meta.v1.LabelSelector objectSelector:@meta.v1.LabelSelector rules:[]@admissionregistration.v1.RuleWithOperations sideEffects!:string timeoutSeconds:int32
admissionregistration.v1.ValidatingWebhookConfiguration apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= webhooks:[name]@admissionregistration.v1.ValidatingWebhook~merge/name
admissionregistration.v1.Validation expression!:string message:string messageExpression:string reason:string
admissionregistration.v1.Variable^ expression!:string name!:string
admissionregistration.v1.WebhookClientConfig caBundle:byte service:@admissionregistration.v1.ServiceReference url:string
apiextensions.v1.CustomResourceColumnDefinition description:string format:string jsonPath!:string name!:string priority:int32 type!:string
apiextensions.v1.CustomResourceConversion strategy!:string webhook:@apiextensions.v1.WebhookConversion
apiextensions.v1.CustomResourceDefinition apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@apiextensions.v1.CustomResourceDefinitionSpec= status:@apiextensions.v1.CustomResourceDefinitionStatus=
apiextensions.v1.CustomResourceDefinitionCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
apiextensions.v1.CustomResourceDefinitionNames categories:[]string kind!:string listKind:string plural!:string shortNames:[]string singular:string
apiextensions.v1.CustomResourceDefinitionSpec conversion:@apiextensions.v1.CustomResourceConversion group!:string names!:@apiextensions.v1.CustomResourceDefinitionNames= preserveUnknownFields:boolean scope!:string versions!:[]@apiextensions.v1.CustomResourceDefinitionVersion
apiextensions.v1.CustomResourceDefinitionStatus acceptedNames:@apiextensions.v1.CustomResourceDefinitionNames= conditions:[type]@apiextensions.v1.CustomResourceDefinitionCondition storedVersions:[]string
apiextensions.v1.CustomResourceDefinitionVersion additionalPrinterColumns:[]@apiextensions.v1.CustomResourceColumnDefinition deprecated:boolean deprecationWarning:string name!:string schema:@apiextensions.v1.CustomResourceValidation selectableFields:[]@apiextensions.v1.SelectableField served!:boolean storage!:boolean subresources:@apiextensions.v1.CustomResourceSubresources
apiextensions.v1.CustomResourceSubresourceScale labelSelectorPath:string specReplicasPath!:string statusReplicasPath!:string
apiextensions.v1.CustomResourceSubresourceStatus
apiextensions.v1.CustomResourceSubresources scale:@apiextensions.v1.CustomResourceSubresourceScale status:@apiextensions.v1.CustomResourceSubresourceStatus
apiextensions.v1.CustomResourceValidation openAPIV3Schema:object
apiextensions.v1.SelectableField jsonPath!:string
apiextensions.v1.ServiceReference name!:string namespace!:string path:string port:int32
apiextensions.v1.WebhookClientConfig caBundle:byte service:@apiextensions.v1.ServiceReference url:string
apiextensions.v1.WebhookConversion clientConfig:@apiextensions.v1.WebhookClientConfig conversionReviewVersions!:[]string
apiregistration.v1.APIService apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@apiregistration.v1.APIServiceSpec= status:@apiregistration.v1.APIServiceStatus=
apiregistration.v1.APIServiceCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
apiregistration.v1.APIServiceSpec caBundle:byte group:string groupPriorityMinimum!:int32 insecureSkipTLSVerify:boolean service:@apiregistration.v1.ServiceReference version:string versionPriority!:int32
apiregistration.v1.APIServiceStatus conditions:[type]@apiregistration.v1.APIServiceCondition~merge/type
apiregistration.v1.ServiceReference name:string namespace:string port:int32
apps.v1.ControllerRevision apiVersion:string data:raw kind:string metadata:@meta.v1.ObjectMeta= revision!:int64
apps.v1.DaemonSet apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@apps.v1.DaemonSetSpec= status:@apps.v1.DaemonSetStatus=
apps.v1.DaemonSetCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
apps.v1.DaemonSetSpec minReadySeconds:int32 revisionHistoryLimit:int32 selector!:@meta.v1.LabelSelector template!:@core.v1.PodTemplateSpec= updateStrategy:@apps.v1.DaemonSetUpdateStrategy=
apps.v1.DaemonSetStatus collisionCount:int32 conditions:[type]@apps.v1.DaemonSetCondition~merge/type currentNumberScheduled!:int32 desiredNumberScheduled!:int32 numberAvailable:int32 numberMisscheduled!:int32 numberReady!:int32 numberUnavailable:int32 observedGeneration:int64 updatedNumberScheduled:int32
apps.v1.DaemonSetUpdateStrategy rollingUpdate:@apps.v1.RollingUpdateDaemonSet type:string
apps.v1.Deployment apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@apps.v1.DeploymentSpec= status:@apps.v1.DeploymentStatus=
apps.v1.DeploymentCondition lastTransitionTime:date-time lastUpdateTime:date-time message:string reason:string status!:string type!:string
apps.v1.DeploymentSpec minReadySeconds:int32 paused:boolean progressDeadlineSeconds:int32 replicas:int32 revisionHistoryLimit:int32 selector!:@meta.v1.LabelSelector strategy:@apps.v1.DeploymentStrategy~retainKeys= template!:@core.v1.PodTemplateSpec=
apps.v1.DeploymentStatus availableReplicas:int32 collisionCount:int32 conditions:[type]@apps.v1.DeploymentCondition~merge/type observedGeneration:int64 readyReplicas:int32 replicas:int32 terminatingReplicas:int32 unavailableReplicas:int32 updatedReplicas:int32
apps.v1.DeploymentStrategy rollingUpdate:@apps.v1.RollingUpdateDeployment type:string
apps.v1.ReplicaSet apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@apps.v1.ReplicaSetSpec= status:@apps.v1.ReplicaSetStatus=
apps.v1.ReplicaSetCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
apps.v1.ReplicaSetSpec minReadySeconds:int32 replicas:int32 selector!:@meta.v1.LabelSelector template:@core.v1.PodTemplateSpec=
apps.v1.ReplicaSetStatus availableReplicas:int32 conditions:[type]@apps.v1.ReplicaSetCondition~merge/type fullyLabeledReplicas:int32 observedGeneration:int64 readyReplicas:int32 replicas!:int32 terminatingReplicas:int32
apps.v1.RollingUpdateDaemonSet maxSurge:int-or-string maxUnavailable:int-or-string
apps.v1.RollingUpdateDeployment maxSurge:int-or-string maxUnavailable:int-or-string
apps.v1.RollingUpdateStatefulSetStrategy maxUnavailable:int-or-string partition:int32
apps.v1.StatefulSet apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@apps.v1.StatefulSetSpec= status:@apps.v1.StatefulSetStatus=
apps.v1.StatefulSetCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
apps.v1.StatefulSetOrdinals start:int32
apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:string whenScaled:string
apps.v1.StatefulSetSpec minReadySeconds:int32 ordinals:@apps.v1.StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:@apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy:string replicas:int32 revisionHistoryLimit:int32 selector!:@meta.v1.LabelSelector serviceName:string template!:@core.v1.PodTemplateSpec= updateStrategy:@apps.v1.StatefulSetUpdateStrategy= volumeClaimTemplates:[]@core.v1.PersistentVolumeClaim
apps.v1.StatefulSetStatus availableReplicas:int32 collisionCount:int32 conditions:[type]@apps.v1.StatefulSetCondition~merge/type currentReplicas:int32 currentRevision:string observedGeneration:int64 readyReplicas:int32 replicas!:int32 updateRevision:string updatedReplicas:int32
apps.v1.StatefulSetUpdateStrategy rollingUpdate:@apps.v1.RollingUpdateStatefulSetStrategy type:string
authentication.v1.BoundObjectReference apiVersion:string kind:string name:string uid:string
authentication.v1.SelfSubjectReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= status:@authentication.v1.SelfSubjectReviewStatus=
authentication.v1.SelfSubjectReviewStatus userInfo:@authentication.v1.UserInfo=
authentication.v1.TokenRequest apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authentication.v1.TokenRequestSpec= status:@authentication.v1.TokenRequestStatus=
authentication.v1.TokenRequestSpec audiences!:[]string boundObjectRef:@authentication.v1.BoundObjectReference expirationSeconds:int64
authentication.v1.TokenRequestStatus expirationTimestamp!:date-time token!:string
authentication.v1.TokenReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authentication.v1.TokenReviewSpec= status:@authentication.v1.TokenReviewStatus=
authentication.v1.TokenReviewSpec audiences:[]string token:string
authentication.v1.TokenReviewStatus audiences:[]string authenticated:boolean error:string user:@authentication.v1.UserInfo=
authentication.v1.UserInfo extra:{}[]string groups:[]string uid:string username:string
authorization.v1.FieldSelectorAttributes rawSelector:string requirements:[]@meta.v1.FieldSelectorRequirement
authorization.v1.LabelSelectorAttributes rawSelector:string requirements:[]@meta.v1.LabelSelectorRequirement
authorization.v1.LocalSubjectAccessReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authorization.v1.SubjectAccessReviewSpec= status:@authorization.v1.SubjectAccessReviewStatus=
authorization.v1.NonResourceAttributes path:string verb:string
authorization.v1.NonResourceRule nonResourceURLs:[]string verbs!:[]string
authorization.v1.ResourceAttributes fieldSelector:@authorization.v1.FieldSelectorAttributes group:string labelSelector:@authorization.v1.LabelSelectorAttributes name:string namespace:string resource:string subresource:string verb:string version:string
authorization.v1.ResourceRule apiGroups:[]string resourceNames:[]string resources:[]string verbs!:[]string
authorization.v1.SelfSubjectAccessReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authorization.v1.SelfSubjectAccessReviewSpec= status:@authorization.v1.SubjectAccessReviewStatus=
authorization.v1.SelfSubjectAccessReviewSpec nonResourceAttributes:@authorization.v1.NonResourceAttributes resourceAttributes:@authorization.v1.ResourceAttributes
authorization.v1.SelfSubjectRulesReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authorization.v1.SelfSubjectRulesReviewSpec= status:@authorization.v1.SubjectRulesReviewStatus=
authorization.v1.SelfSubjectRulesReviewSpec namespace:string
authorization.v1.SubjectAccessReview apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@authorization.v1.SubjectAccessReviewSpec= status:@authorization.v1.SubjectAccessReviewStatus=
authorization.v1.SubjectAccessReviewSpec extra:{}[]string groups:[]string nonResourceAttributes:@authorization.v1.NonResourceAttributes resourceAttributes:@authorization.v1.ResourceAttributes uid:string user:string
authorization.v1.SubjectAccessReviewStatus allowed!:boolean denied:boolean evaluationError:string reason:string
authorization.v1.SubjectRulesReviewStatus evaluationError:string incomplete!:boolean nonResourceRules!:[]@authorization.v1.NonResourceRule resourceRules!:[]@authorization.v1.ResourceRule
autoscaling.v1.CrossVersionObjectReference^ apiVersion:string kind!:string name!:string
autoscaling.v1.HorizontalPodAutoscaler apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@autoscaling.v1.HorizontalPodAutoscalerSpec= status:@autoscaling.v1.HorizontalPodAutoscalerStatus=
autoscaling.v1.HorizontalPodAutoscalerSpec maxReplicas!:int32 minReplicas:int32 scaleTargetRef!:@autoscaling.v1.CrossVersionObjectReference= targetCPUUtilizationPercentage:int32
autoscaling.v1.HorizontalPodAutoscalerStatus currentCPUUtilizationPercentage:int32 currentReplicas!:int32 desiredReplicas!:int32 lastScaleTime:date-time observedGeneration:int64
autoscaling.v1.Scale apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@autoscaling.v1.ScaleSpec= status:@autoscaling.v1.ScaleStatus=
autoscaling.v1.ScaleSpec replicas:int32
autoscaling.v1.ScaleStatus replicas!:int32 selector:string
autoscaling.v2.ContainerResourceMetricSource container!:string name!:string target!:@autoscaling.v2.MetricTarget=
autoscaling.v2.ContainerResourceMetricStatus container!:string current!:@autoscaling.v2.MetricValueStatus= name!:string
autoscaling.v2.CrossVersionObjectReference apiVersion:string kind!:string name!:string
autoscaling.v2.ExternalMetricSource metric!:@autoscaling.v2.MetricIdentifier= target!:@autoscaling.v2.MetricTarget=
autoscaling.v2.ExternalMetricStatus current!:@autoscaling.v2.MetricValueStatus= metric!:@autoscaling.v2.MetricIdentifier=
autoscaling.v2.HPAScalingPolicy periodSeconds!:int32 type!:string value!:int32
autoscaling.v2.HPAScalingRules policies:[]@autoscaling.v2.HPAScalingPolicy selectPolicy:string stabilizationWindowSeconds:int32 tolerance:quantity
autoscaling.v2.HorizontalPodAutoscaler apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@autoscaling.v2.HorizontalPodAutoscalerSpec= status:@autoscaling.v2.HorizontalPodAutoscalerStatus=
autoscaling.v2.HorizontalPodAutoscalerBehavior scaleDown:@autoscaling.v2.HPAScalingRules scaleUp:@autoscaling.v2.HPAScalingRules
autoscaling.v2.HorizontalPodAutoscalerCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
autoscaling.v2.HorizontalPodAutoscalerSpec behavior:@autoscaling.v2.HorizontalPodAutoscalerBehavior maxReplicas!:int32 metrics:[]@autoscaling.v2.MetricSpec minReplicas:int32 scaleTargetRef!:@autoscaling.v2.CrossVersionObjectReference=
autoscaling.v2.HorizontalPodAutoscalerStatus conditions:[type]@autoscaling.v2.HorizontalPodAutoscalerCondition~merge/type currentMetrics:[]@autoscaling.v2.MetricStatus currentReplicas:int32 desiredReplicas!:int32 lastScaleTime:date-time observedGeneration:int64
autoscaling.v2.MetricIdentifier name!:string selector:@meta.v1.LabelSelector
autoscaling.v2.MetricSpec containerResource:@autoscaling.v2.ContainerResourceMetricSource external:@autoscaling.v2.ExternalMetricSource object:@autoscaling.v2.ObjectMetricSource pods:@autoscaling.v2.PodsMetricSource resource:@autoscaling.v2.ResourceMetricSource type!:string
autoscaling.v2.MetricStatus containerResource:@autoscaling.v2.ContainerResourceMetricStatus external:@autoscaling.v2.ExternalMetricStatus object:@autoscaling.v2.ObjectMetricStatus pods:@autoscaling.v2.PodsMetricStatus resource:@autoscaling.v2.ResourceMetricStatus type!:string
autoscaling.v2.MetricTarget averageUtilization:int32 averageValue:quantity type!:string value:quantity
autoscaling.v2.MetricValueStatus averageUtilization:int32 averageValue:quantity value:quantity
autoscaling.v2.ObjectMetricSource describedObject!:@autoscaling.v2.CrossVersionObjectReference= metric!:@autoscaling.v2.MetricIdentifier= target!:@autoscaling.v2.MetricTarget=
autoscaling.v2.ObjectMetricStatus current!:@autoscaling.v2.MetricValueStatus= describedObject!:@autoscaling.v2.CrossVersionObjectReference= metric!:@autoscaling.v2.MetricIdentifier=
autoscaling.v2.PodsMetricSource metric!:@autoscaling.v2.MetricIdentifier= target!:@autoscaling.v2.MetricTarget=
autoscaling.v2.PodsMetricStatus current!:@autoscaling.v2.MetricValueStatus= metric!:@autoscaling.v2.MetricIdentifier=
autoscaling.v2.ResourceMetricSource name!:string target!:@autoscaling.v2.MetricTarget=
autoscaling.v2.ResourceMetricStatus current!:@autoscaling.v2.MetricValueStatus= name!:string
batch.v1.CronJob apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@batch.v1.CronJobSpec= status:@batch.v1.CronJobStatus=
batch.v1.CronJobSpec concurrencyPolicy:string failedJobsHistoryLimit:int32 jobTemplate!:@batch.v1.JobTemplateSpec= schedule!:string startingDeadlineSeconds:int64 successfulJobsHistoryLimit:int32 suspend:boolean timeZone:string
batch.v1.CronJobStatus active:[]@core.v1.ObjectReference lastScheduleTime:date-time lastSuccessfulTime:date-time
batch.v1.Job apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@batch.v1.JobSpec= status:@batch.v1.JobStatus=
batch.v1.JobCondition lastProbeTime:date-time lastTransitionTime:date-time message:string reason:string status!:string type!:string
batch.v1.JobSpec activeDeadlineSeconds:int64 backoffLimit:int32 backoffLimitPerIndex:int32 completionMode:string completions:int32 managedBy:string manualSelector:boolean maxFailedIndexes:int32 parallelism:int32 podFailurePolicy:@batch.v1.PodFailurePolicy podReplacementPolicy:string selector:@meta.v1.LabelSelector successPolicy:@batch.v1.SuccessPolicy suspend:boolean template!:@core.v1.PodTemplateSpec= ttlSecondsAfterFinished:int32
batch.v1.JobStatus active:int32 completedIndexes:string completionTime:date-time conditions:[]@batch.v1.JobCondition~merge/type failed:int32 failedIndexes:string ready:int32 startTime:date-time succeeded:int32 terminating:int32 uncountedTerminatedPods:@batch.v1.UncountedTerminatedPods
batch.v1.JobTemplateSpec metadata:@meta.v1.ObjectMeta= spec:@batch.v1.JobSpec=
batch.v1.PodFailurePolicy rules!:[]@batch.v1.PodFailurePolicyRule
batch.v1.PodFailurePolicyOnExitCodesRequirement containerName:string operator!:string values!:[set]int32
batch.v1.PodFailurePolicyOnPodConditionsPattern status!:string type!:string
batch.v1.PodFailurePolicyRule action!:string onExitCodes:@batch.v1.PodFailurePolicyOnExitCodesRequirement onPodConditions:[]@batch.v1.PodFailurePolicyOnPodConditionsPattern
batch.v1.SuccessPolicy rules!:[]@batch.v1.SuccessPolicyRule
batch.v1.SuccessPolicyRule succeededCount:int32 succeededIndexes:string
batch.v1.UncountedTerminatedPods failed:[set]string succeeded:[set]string
certificates.v1.CertificateSigningRequest apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@certificates.v1.CertificateSigningRequestSpec= status:@certificates.v1.CertificateSigningRequestStatus=
certificates.v1.CertificateSigningRequestCondition lastTransitionTime:date-time lastUpdateTime:date-time message:string reason:string status!:string type!:string
certificates.v1.CertificateSigningRequestSpec expirationSeconds:int32 extra:{}[]string groups:[]string request!:byte signerName!:string uid:string usages:[]string username:string
certificates.v1.CertificateSigningRequestStatus certificate:byte conditions:[type]@certificates.v1.CertificateSigningRequestCondition
coordination.v1.Lease apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@coordination.v1.LeaseSpec=
coordination.v1.LeaseSpec acquireTime:date-time holderIdentity:string leaseDurationSeconds:int32 leaseTransitions:int32 preferredHolder:string renewTime:date-time strategy:string
core.v1.AWSElasticBlockStoreVolumeSource fsType:string partition:int32 readOnly:boolean volumeID!:string
core.v1.Affinity nodeAffinity:@core.v1.NodeAffinity podAffinity:@core.v1.PodAffinity podAntiAffinity:@core.v1.PodAntiAffinity
core.v1.AppArmorProfile localhostProfile:string type!:string
core.v1.AttachedVolume devicePath!:string name!:string
core.v1.AzureDiskVolumeSource cachingMode:string=ReadWrite diskName!:string diskURI!:string fsType:string=ext4 kind:string=Shared readOnly:boolean
core.v1.AzureFilePersistentVolumeSource readOnly:boolean secretName!:string secretNamespace:string shareName!:string
core.v1.AzureFileVolumeSource readOnly:boolean secretName!:string shareName!:string
core.v1.Binding apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= target!:@core.v1.ObjectReference=
core.v1.CSIPersistentVolumeSource controllerExpandSecretRef:@core.v1.SecretReference controllerPublishSecretRef:@core.v1.SecretReference driver!:string fsType:string nodeExpandSecretRef:@core.v1.SecretReference nodePublishSecretRef:@core.v1.SecretReference nodeStageSecretRef:@core.v1.SecretReference readOnly:boolean volumeAttributes:{}string volumeHandle!:string
core.v1.CSIVolumeSource driver!:string fsType:string nodePublishSecretRef:@core.v1.LocalObjectReference readOnly:boolean volumeAttributes:{}string
core.v1.Capabilities add:[]string drop:[]string
core.v1.CephFSPersistentVolumeSource monitors!:[]string path:string readOnly:boolean secretFile:string secretRef:@core.v1.SecretReference user:string
core.v1.CephFSVolumeSource monitors!:[]string path:string readOnly:boolean secretFile:string secretRef:@core.v1.LocalObjectReference user:string
core.v1.CinderPersistentVolumeSource fsType:string readOnly:boolean secretRef:@core.v1.SecretReference volumeID!:string
core.v1.CinderVolumeSource fsType:string readOnly:boolean secretRef:@core.v1.LocalObjectReference volumeID!:string
core.v1.ClientIPConfig timeoutSeconds:int32
core.v1.ClusterTrustBundleProjection labelSelector:@meta.v1.LabelSelector name:string optional:boolean path!:string signerName:string
core.v1.ComponentCondition error:string message:string status!:string type!:string
core.v1.ComponentStatus apiVersion:string conditions:[type]@core.v1.ComponentCondition~merge/type kind:string metadata:@meta.v1.ObjectMeta=
core.v1.ConfigMap apiVersion:string binaryData:{}byte data:{}string immutable:boolean kind:string metadata:@meta.v1.ObjectMeta=
core.v1.ConfigMapEnvSource name:string optional:boolean
core.v1.ConfigMapKeySelector^ key!:string name:string optional:boolean
core.v1.ConfigMapNodeConfigSource kubeletConfigKey!:string name!:string namespace!:string resourceVersion:string uid:string
core.v1.ConfigMapProjection items:[]@core.v1.KeyToPath name:string optional:boolean
core.v1.ConfigMapVolumeSource defaultMode:int32 items:[]@core.v1.KeyToPath name:string optional:boolean
core.v1.Container args:[]string command:[]string env:[name]@core.v1.EnvVar~merge/name envFrom:[]@core.v1.EnvFromSource image:string imagePullPolicy:string lifecycle:@core.v1.Lifecycle livenessProbe:@core.v1.Probe name!:string ports:[containerPort,protocol]@core.v1.ContainerPort~merge/containerPort readinessProbe:@core.v1.Probe resizePolicy:[]@core.v1.ContainerResizePolicy resources:@core.v1.ResourceRequirements= restartPolicy:string securityContext:@core.v1.SecurityContext startupProbe:@core.v1.Probe stdin:boolean stdinOnce:boolean terminationMessagePath:string terminationMessagePolicy:string tty:boolean volumeDevices:[devicePath]@core.v1.VolumeDevice~merge/devicePath volumeMounts:[mountPath]@core.v1.VolumeMount~merge/mountPath workingDir:string
core.v1.ContainerImage names:[]string sizeBytes:int64
core.v1.ContainerPort containerPort!:int32 hostIP:string hostPort:int32 name:string protocol:string=TCP
core.v1.ContainerResizePolicy resourceName!:string restartPolicy!:string
core.v1.ContainerState running:@core.v1.ContainerStateRunning terminated:@core.v1.ContainerStateTerminated waiting:@core.v1.ContainerStateWaiting
core.v1.ContainerStateRunning startedAt:date-time
core.v1.ContainerStateTerminated containerID:string exitCode!:int32 finishedAt:date-time message:string reason:string signal:int32 startedAt:date-time
core.v1.ContainerStateWaiting message:string reason:string
core.v1.ContainerStatus allocatedResources:{}quantity allocatedResourcesStatus:[name]@core.v1.ResourceStatus~merge/name containerID:string image!:string imageID!:string lastState:@core.v1.ContainerState= name!:string ready!:boolean resources:@core.v1.ResourceRequirements restartCount!:int32 started:boolean state:@core.v1.ContainerState= stopSignal:string user:@core.v1.ContainerUser volumeMounts:[mountPath]@core.v1.VolumeMountStatus~merge/mountPath
core.v1.ContainerUser linux:@core.v1.LinuxContainerUser
core.v1.DaemonEndpoint Port!:int32
core.v1.DownwardAPIProjection items:[]@core.v1.DownwardAPIVolumeFile
core.v1.DownwardAPIVolumeFile fieldRef:@core.v1.ObjectFieldSelector mode:int32 path!:string resourceFieldRef:@core.v1.ResourceFieldSelector
core.v1.DownwardAPIVolumeSource defaultMode:int32 items:[]@core.v1.DownwardAPIVolumeFile
core.v1.EmptyDirVolumeSource medium:string sizeLimit:quantity
core.v1.EndpointAddress^ hostname:string ip!:string nodeName:string targetRef:@core.v1.ObjectReference
core.v1.EndpointPort^ appProtocol:string name:string port!:int32 protocol:string
core.v1.EndpointSubset addresses:[]@core.v1.EndpointAddress notReadyAddresses:[]@core.v1.EndpointAddress ports:[]@core.v1.EndpointPort
core.v1.Endpoints apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= subsets:[]@core.v1.EndpointSubset
core.v1.EnvFromSource configMapRef:@core.v1.ConfigMapEnvSource prefix:string secretRef:@core.v1.SecretEnvSource
core.v1.EnvVar name!:string value:string valueFrom:@core.v1.EnvVarSource
core.v1.EnvVarSource configMapKeyRef:@core.v1.ConfigMapKeySelector fieldRef:@core.v1.ObjectFieldSelector resourceFieldRef:@core.v1.ResourceFieldSelector secretKeyRef:@core.v1.SecretKeySelector
core.v1.EphemeralContainer args:[]string command:[]string env:[name]@core.v1.EnvVar~merge/name envFrom:[]@core.v1.EnvFromSource image:string imagePullPolicy:string lifecycle:@core.v1.Lifecycle livenessProbe:@core.v1.Probe name!:string ports:[containerPort,protocol]@core.v1.ContainerPort~merge/containerPort readinessProbe:@core.v1.Probe resizePolicy:[]@core.v1.ContainerResizePolicy resources:@core.v1.ResourceRequirements= restartPolicy:string securityContext:@core.v1.SecurityContext startupProbe:@core.v1.Probe stdin:boolean stdinOnce:boolean targetContainerName:string terminationMessagePath:string terminationMessagePolicy:string tty:boolean volumeDevices:[devicePath]@core.v1.VolumeDevice~merge/devicePath volumeMounts:[mountPath]@core.v1.VolumeMount~merge/mountPath workingDir:string
core.v1.EphemeralVolumeSource volumeClaimTemplate:@core.v1.PersistentVolumeClaimTemplate
core.v1.Event action:string apiVersion:string count:int32 eventTime:date-time firstTimestamp:date-time involvedObject!:@core.v1.ObjectReference= kind:string lastTimestamp:date-time message:string metadata!:@meta.v1.ObjectMeta= reason:string related:@core.v1.ObjectReference reportingComponent:string reportingInstance:string series:@core.v1.EventSeries source:@core.v1.EventSource= type:string
core.v1.EventSeries count:int32 lastObservedTime:date-time
core.v1.EventSource component:string host:string
core.v1.ExecAction command:[]string
core.v1.FCVolumeSource fsType:string lun:int32 readOnly:boolean targetWWNs:[]string wwids:[]string
core.v1.FlexPersistentVolumeSource driver!:string fsType:string options:{}string readOnly:boolean secretRef:@core.v1.SecretReference
core.v1.FlexVolumeSource driver!:string fsType:string options:{}string readOnly:boolean secretRef:@core.v1.LocalObjectReference
core.v1.FlockerVolumeSource datasetName:string datasetUUID:string
core.v1.GCEPersistentDiskVolumeSource fsType:string partition:int32 pdName!:string readOnly:boolean
core.v1.GRPCAction port!:int32 service:string
core.v1.GitRepoVolumeSource directory:string repository!:string revision:string
core.v1.GlusterfsPersistentVolumeSource endpoints!:string endpointsNamespace:string path!:string readOnly:boolean
core.v1.GlusterfsVolumeSource endpoints!:string path!:string readOnly:boolean
core.v1.HTTPGetAction host:string httpHeaders:[]@core.v1.HTTPHeader path:string port!:int-or-string scheme:string
core.v1.HTTPHeader name!:string value!:string
core.v1.HostAlias hostnames:[]string ip!:string
core.v1.HostIP ip!:string
core.v1.HostPathVolumeSource path!:string type:string
core.v1.ISCSIPersistentVolumeSource chapAuthDiscovery:boolean chapAuthSession:boolean fsType:string initiatorName:string iqn!:string iscsiInterface:string=default lun!:int32 portals:[]string readOnly:boolean secretRef:@core.v1.SecretReference targetPortal!:string
core.v1.ISCSIVolumeSource chapAuthDiscovery:boolean chapAuthSession:boolean fsType:string initiatorName:string iqn!:string iscsiInterface:string=default lun!:int32 portals:[]string readOnly:boolean secretRef:@core.v1.LocalObjectReference targetPortal!:string
core.v1.ImageVolumeSource pullPolicy:string reference:string
core.v1.KeyToPath key!:string mode:int32 path!:string
core.v1.Lifecycle postStart:@core.v1.LifecycleHandler preStop:@core.v1.LifecycleHandler stopSignal:string
core.v1.LifecycleHandler exec:@core.v1.ExecAction httpGet:@core.v1.HTTPGetAction sleep:@core.v1.SleepAction tcpSocket:@core.v1.TCPSocketAction
core.v1.LimitRange apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.LimitRangeSpec=
core.v1.LimitRangeItem default:{}quantity defaultRequest:{}quantity max:{}quantity maxLimitRequestRatio:{}quantity min:{}quantity type!:string
core.v1.LimitRangeSpec limits!:[]@core.v1.LimitRangeItem
core.v1.LinuxContainerUser gid!:int64 supplementalGroups:[]int64 uid!:int64
core.v1.LoadBalancerIngress hostname:string ip:string ipMode:string ports:[]@core.v1.PortStatus
core.v1.LoadBalancerStatus ingress:[]@core.v1.LoadBalancerIngress
core.v1.LocalObjectReference^ name:string
core.v1.LocalVolumeSource fsType:string path!:string
core.v1.ModifyVolumeStatus status!:string targetVolumeAttributesClassName:string
core.v1.NFSVolumeSource path!:string readOnly:boolean server!:string
core.v1.Namespace apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.NamespaceSpec= status:@core.v1.NamespaceStatus=
core.v1.NamespaceCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
core.v1.NamespaceSpec finalizers:[]string
core.v1.NamespaceStatus conditions:[type]@core.v1.NamespaceCondition~merge/type phase:string
core.v1.Node apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.NodeSpec= status:@core.v1.NodeStatus=
core.v1.NodeAddress address!:string type!:string
core.v1.NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[]@core.v1.PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:@core.v1.NodeSelector
core.v1.NodeCondition lastHeartbeatTime:date-time lastTransitionTime:date-time message:string reason:string status!:string type!:string
core.v1.NodeConfigSource configMap:@core.v1.ConfigMapNodeConfigSource
core.v1.NodeConfigStatus active:@core.v1.NodeConfigSource assigned:@core.v1.NodeConfigSource error:string lastKnownGood:@core.v1.NodeConfigSource
core.v1.NodeDaemonEndpoints kubeletEndpoint:@core.v1.DaemonEndpoint=
core.v1.NodeFeatures supplementalGroupsPolicy:boolean
core.v1.NodeRuntimeHandler features:@core.v1.NodeRuntimeHandlerFeatures name:string
core.v1.NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:boolean userNamespaces:boolean
core.v1.NodeSelectorRequirement key!:string operator!:string values:[]string
core.v1.NodeSelectorTerm^ matchExpressions:[]@core.v1.NodeSelectorRequirement matchFields:[]@core.v1.NodeSelectorRequirement
core.v1.NodeSelector^ nodeSelectorTerms!:[]@core.v1.NodeSelectorTerm
core.v1.NodeSpec configSource:@core.v1.NodeConfigSource externalID:string podCIDR:string podCIDRs:[set]string~merge providerID:string taints:[]@core.v1.Taint unschedulable:boolean
core.v1.NodeStatus addresses:[type]@core.v1.NodeAddress~merge/type allocatable:{}quantity capacity:{}quantity conditions:[type]@core.v1.NodeCondition~merge/type config:@core.v1.NodeConfigStatus daemonEndpoints:@core.v1.NodeDaemonEndpoints= features:@core.v1.NodeFeatures images:[]@core.v1.ContainerImage nodeInfo:@core.v1.NodeSystemInfo= phase:string runtimeHandlers:[]@core.v1.NodeRuntimeHandler volumesAttached:[]@core.v1.AttachedVolume volumesInUse:[]string
core.v1.NodeSwapStatus capacity:int64
core.v1.NodeSystemInfo architecture!:string bootID!:string containerRuntimeVersion!:string kernelVersion!:string kubeProxyVersion!:string kubeletVersion!:string machineID!:string operatingSystem!:string osImage!:string swap:@core.v1.NodeSwapStatus systemUUID!:string
core.v1.ObjectFieldSelector^ apiVersion:string fieldPath!:string
core.v1.ObjectReference^ apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string uid:string
core.v1.PersistentVolume apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.PersistentVolumeSpec= status:@core.v1.PersistentVolumeStatus=
core.v1.PersistentVolumeClaim apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.PersistentVolumeClaimSpec= status:@core.v1.PersistentVolumeClaimStatus=
core.v1.PersistentVolumeClaimCondition lastProbeTime:date-time lastTransitionTime:date-time message:string reason:string status!:string type!:string
core.v1.PersistentVolumeClaimSpec accessModes:[]string dataSource:@core.v1.TypedLocalObjectReference dataSourceRef:@core.v1.TypedObjectReference resources:@core.v1.VolumeResourceRequirements= selector:@meta.v1.LabelSelector storageClassName:string volumeAttributesClassName:string volumeMode:string volumeName:string
core.v1.PersistentVolumeClaimStatus accessModes:[]string allocatedResourceStatuses:{}string allocatedResources:{}quantity capacity:{}quantity conditions:[type]@core.v1.PersistentVolumeClaimCondition~merge/type currentVolumeAttributesClassName:string modifyVolumeStatus:@core.v1.ModifyVolumeStatus phase:string
core.v1.PersistentVolumeClaimTemplate metadata:@meta.v1.ObjectMeta= spec!:@core.v1.PersistentVolumeClaimSpec=
core.v1.PersistentVolumeClaimVolumeSource claimName!:string readOnly:boolean
core.v1.PersistentVolumeSpec accessModes:[]string awsElasticBlockStore:@core.v1.AWSElasticBlockStoreVolumeSource azureDisk:@core.v1.AzureDiskVolumeSource azureFile:@core.v1.AzureFilePersistentVolumeSource capacity:{}quantity cephfs:@core.v1.CephFSPersistentVolumeSource cinder:@core.v1.CinderPersistentVolumeSource claimRef:@core.v1.ObjectReference csi:@core.v1.CSIPersistentVolumeSource fc:@core.v1.FCVolumeSource flexVolume:@core.v1.FlexPersistentVolumeSource flocker:@core.v1.FlockerVolumeSource gcePersistentDisk:@core.v1.GCEPersistentDiskVolumeSource glusterfs:@core.v1.GlusterfsPersistentVolumeSource hostPath:@core.v1.HostPathVolumeSource iscsi:@core.v1.ISCSIPersistentVolumeSource local:@core.v1.LocalVolumeSource mountOptions:[]string nfs:@core.v1.NFSVolumeSource nodeAffinity:@core.v1.VolumeNodeAffinity persistentVolumeReclaimPolicy:string photonPersistentDisk:@core.v1.PhotonPersistentDiskVolumeSource portworxVolume:@core.v1.PortworxVolumeSource quobyte:@core.v1.QuobyteVolumeSource rbd:@core.v1.RBDPersistentVolumeSource scaleIO:@core.v1.ScaleIOPersistentVolumeSource storageClassName:string storageos:@core.v1.StorageOSPersistentVolumeSource volumeAttributesClassName:string volumeMode:string vsphereVolume:@core.v1.VsphereVirtualDiskVolumeSource
core.v1.PersistentVolumeStatus lastPhaseTransitionTime:date-time message:string phase:string reason:string
core.v1.PhotonPersistentDiskVolumeSource fsType:string pdID!:string
core.v1.Pod apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.PodSpec= status:@core.v1.PodStatus=
core.v1.PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[]@core.v1.WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[]@core.v1.PodAffinityTerm
core.v1.PodAffinityTerm labelSelector:@meta.v1.LabelSelector matchLabelKeys:[]string mismatchLabelKeys:[]string namespaceSelector:@meta.v1.LabelSelector namespaces:[]string topologyKey!:string
core.v1.PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[]@core.v1.WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:[]@core.v1.PodAffinityTerm
core.v1.PodCondition lastProbeTime:date-time lastTransitionTime:date-time message:string observedGeneration:int64 reason:string status!:string type!:string
core.v1.PodDNSConfig nameservers:[]string options:[]@core.v1.PodDNSConfigOption searches:[]string
core.v1.PodDNSConfigOption name:string value:string
core.v1.PodIP ip!:string
core.v1.PodOS name!:string
core.v1.PodReadinessGate conditionType!:string
core.v1.PodResourceClaim name!:string resourceClaimName:string resourceClaimTemplateName:string
core.v1.PodResourceClaimStatus name!:string resourceClaimName:string
core.v1.PodSchedulingGate name!:string
core.v1.PodSecurityContext appArmorProfile:@core.v1.AppArmorProfile fsGroup:int64 fsGroupChangePolicy:string runAsGroup:int64 runAsNonRoot:boolean runAsUser:int64 seLinuxChangePolicy:string seLinuxOptions:@core.v1.SELinuxOptions seccompProfile:@core.v1.SeccompProfile supplementalGroups:[]int64 supplementalGroupsPolicy:string sysctls:[]@core.v1.Sysctl windowsOptions:@core.v1.WindowsSecurityContextOptions
core.v1.PodSpec activeDeadlineSeconds:int64 affinity:@core.v1.Affinity automountServiceAccountToken:boolean containers!:[name]@core.v1.Container~merge/name dnsConfig:@core.v1.PodDNSConfig dnsPolicy:string enableServiceLinks:boolean ephemeralContainers:[name]@core.v1.EphemeralContainer~merge/name hostAliases:[ip]@core.v1.HostAlias~merge/ip hostIPC:boolean hostNetwork:boolean hostPID:boolean hostUsers:boolean hostname:string imagePullSecrets:[name]@core.v1.LocalObjectReference~merge/name initContainers:[name]@core.v1.Container~merge/name nodeName:string nodeSelector:{^}string os:@core.v1.PodOS overhead:{}quantity preemptionPolicy:string priority:int32 priorityClassName:string readinessGates:[]@core.v1.PodReadinessGate resourceClaims:[name]@core.v1.PodResourceClaim~merge,retainKeys/name resources:@core.v1.ResourceRequirements restartPolicy:string runtimeClassName:string schedulerName:string schedulingGates:[name]@core.v1.PodSchedulingGate~merge/name securityContext:@core.v1.PodSecurityContext serviceAccount:string serviceAccountName:string setHostnameAsFQDN:boolean shareProcessNamespace:boolean subdomain:string terminationGracePeriodSeconds:int64 tolerations:[]@core.v1.Toleration topologySpreadConstraints:[topologyKey,whenUnsatisfiable]@core.v1.TopologySpreadConstraint~merge/topologyKey volumes:[name]@core.v1.Volume~merge,retainKeys/name
core.v1.PodStatus conditions:[type]@core.v1.PodCondition~merge/type containerStatuses:[]@core.v1.ContainerStatus ephemeralContainerStatuses:[]@core.v1.ContainerStatus hostIP:string hostIPs:[]@core.v1.HostIP~merge/ip initContainerStatuses:[]@core.v1.ContainerStatus message:string nominatedNodeName:string observedGeneration:int64 phase:string podIP:string podIPs:[ip]@core.v1.PodIP~merge/ip qosClass:string reason:string resize:string resourceClaimStatuses:[name]@core.v1.PodResourceClaimStatus~merge,retainKeys/name startTime:date-time
core.v1.PodTemplate apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= template:@core.v1.PodTemplateSpec=
core.v1.PodTemplateSpec metadata:@meta.v1.ObjectMeta= spec:@core.v1.PodSpec=
core.v1.PortStatus error:string port!:int32 protocol!:string
core.v1.PortworxVolumeSource fsType:string readOnly:boolean volumeID!:string
core.v1.PreferredSchedulingTerm preference!:@core.v1.NodeSelectorTerm= weight!:int32
core.v1.Probe exec:@core.v1.ExecAction failureThreshold:int32 grpc:@core.v1.GRPCAction httpGet:@core.v1.HTTPGetAction initialDelaySeconds:int32 periodSeconds:int32 successThreshold:int32 tcpSocket:@core.v1.TCPSocketAction terminationGracePeriodSeconds:int64 timeoutSeconds:int32
core.v1.ProjectedVolumeSource defaultMode:int32 sources:[]@core.v1.VolumeProjection
core.v1.QuobyteVolumeSource group:string readOnly:boolean registry!:string tenant:string user:string volume!:string
core.v1.RBDPersistentVolumeSource fsType:string image!:string keyring:string=/etc/ceph/keyring monitors!:[]string pool:string=rbd readOnly:boolean secretRef:@core.v1.SecretReference user:string=admin
core.v1.RBDVolumeSource fsType:string image!:string keyring:string=/etc/ceph/keyring monitors!:[]string pool:string=rbd readOnly:boolean secretRef:@core.v1.LocalObjectReference user:string=admin
core.v1.ReplicationController apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.ReplicationControllerSpec= status:@core.v1.ReplicationControllerStatus=
core.v1.ReplicationControllerCondition lastTransitionTime:date-time message:string reason:string status!:string type!:string
core.v1.ReplicationControllerSpec minReadySeconds:int32 replicas:int32=1 selector:{^}string template:@core.v1.PodTemplateSpec
core.v1.ReplicationControllerStatus availableReplicas:int32 conditions:[type]@core.v1.ReplicationControllerCondition~merge/type fullyLabeledReplicas:int32 observedGeneration:int64 readyReplicas:int32 replicas!:int32
core.v1.ResourceClaim name!:string request:string
core.v1.ResourceFieldSelector^ containerName:string divisor:quantity resource!:string
core.v1.ResourceHealth health:string resourceID!:string
core.v1.ResourceQuota apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.ResourceQuotaSpec= status:@core.v1.ResourceQuotaStatus=
core.v1.ResourceQuotaSpec hard:{}quantity scopeSelector:@core.v1.ScopeSelector scopes:[]string
core.v1.ResourceQuotaStatus hard:{}quantity used:{}quantity
core.v1.ResourceRequirements claims:[name]@core.v1.ResourceClaim limits:{}quantity requests:{}quantity
core.v1.ResourceStatus name!:string resources:[resourceID]@core.v1.ResourceHealth
core.v1.SELinuxOptions level:string role:string type:string user:string
core.v1.ScaleIOPersistentVolumeSource fsType:string=xfs gateway!:string protectionDomain:string readOnly:boolean secretRef!:@core.v1.SecretReference sslEnabled:boolean storageMode:string=ThinProvisioned storagePool:string system!:string volumeName:string
core.v1.ScaleIOVolumeSource fsType:string=xfs gateway!:string protectionDomain:string readOnly:boolean secretRef!:@core.v1.LocalObjectReference sslEnabled:boolean storageMode:string=ThinProvisioned storagePool:string system!:string volumeName:string
core.v1.ScopeSelector^ matchExpressions:[]@core.v1.ScopedResourceSelectorRequirement
core.v1.ScopedResourceSelectorRequirement operator!:string scopeName!:string values:[]string
core.v1.SeccompProfile localhostProfile:string type!:string
core.v1.Secret apiVersion:string data:{}byte immutable:boolean kind:string metadata:@meta.v1.ObjectMeta= stringData:{}string type:string
core.v1.SecretEnvSource name:string optional:boolean
core.v1.SecretKeySelector^ key!:string name:string optional:boolean
core.v1.SecretProjection items:[]@core.v1.KeyToPath name:string optional:boolean
core.v1.SecretReference^ name:string namespace:string
core.v1.SecretVolumeSource defaultMode:int32 items:[]@core.v1.KeyToPath optional:boolean secretName:string
core.v1.SecurityContext allowPrivilegeEscalation:boolean appArmorProfile:@core.v1.AppArmorProfile capabilities:@core.v1.Capabilities privileged:boolean procMount:string readOnlyRootFilesystem:boolean runAsGroup:int64 runAsNonRoot:boolean runAsUser:int64 seLinuxOptions:@core.v1.SELinuxOptions seccompProfile:@core.v1.SeccompProfile windowsOptions:@core.v1.WindowsSecurityContextOptions
core.v1.Service apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@core.v1.ServiceSpec= status:@core.v1.ServiceStatus=
core.v1.ServiceAccount apiVersion:string automountServiceAccountToken:boolean imagePullSecrets:[]@core.v1.LocalObjectReference kind:string metadata:@meta.v1.ObjectMeta= secrets:[name]@core.v1.ObjectReference~merge/name
core.v1.ServiceAccountTokenProjection audience:string expirationSeconds:int64 path!:string
core.v1.ServicePort appProtocol:string name:string nodePort:int32 port!:int32 protocol:string=TCP targetPort:int-or-string
core.v1.ServiceSpec allocateLoadBalancerNodePorts:boolean clusterIP:string clusterIPs:[]string externalIPs:[]string externalName:string externalTrafficPolicy:string healthCheckNodePort:int32 internalTrafficPolicy:string ipFamilies:[]string ipFamilyPolicy:string loadBalancerClass:string loadBalancerIP:string loadBalancerSourceRanges:[]string ports:[port,protocol]@core.v1.ServicePort~merge/port publishNotReadyAddresses:boolean selector:{^}string sessionAffinity:string sessionAffinityConfig:@core.v1.SessionAffinityConfig trafficDistribution:string type:string
core.v1.ServiceStatus conditions:[type]@meta.v1.Condition~merge/type loadBalancer:@core.v1.LoadBalancerStatus=
core.v1.SessionAffinityConfig clientIP:@core.v1.ClientIPConfig
core.v1.SleepAction seconds!:int64
core.v1.StorageOSPersistentVolumeSource fsType:string readOnly:boolean secretRef:@core.v1.ObjectReference volumeName:string volumeNamespace:string
core.v1.StorageOSVolumeSource fsType:string readOnly:boolean secretRef:@core.v1.LocalObjectReference volumeName:string volumeNamespace:string
core.v1.Sysctl name!:string value!:string
core.v1.TCPSocketAction host:string port!:int-or-string
core.v1.Taint effect!:string key!:string timeAdded:date-time value:string
core.v1.Toleration effect:string key:string operator:string tolerationSeconds:int64 value:string
core.v1.TopologySelectorLabelRequirement key!:string values!:[]string
core.v1.TopologySelectorTerm^ matchLabelExpressions:[]@core.v1.TopologySelectorLabelRequirement
core.v1.TopologySpreadConstraint labelSelector:@meta.v1.LabelSelector matchLabelKeys:[]string maxSkew!:int32 minDomains:int32 nodeAffinityPolicy:string nodeTaintsPolicy:string topologyKey!:string whenUnsatisfiable!:string
core.v1.TypedLocalObjectReference^ apiGroup:string kind!:string name!:string
core.v1.TypedObjectReference apiGroup:string kind!:string name!:string namespace:string
core.v1.Volume awsElasticBlockStore:@core.v1.AWSElasticBlockStoreVolumeSource azureDisk:@core.v1.AzureDiskVolumeSource azureFile:@core.v1.AzureFileVolumeSource cephfs:@core.v1.CephFSVolumeSource cinder:@core.v1.CinderVolumeSource configMap:@core.v1.ConfigMapVolumeSource csi:@core.v1.CSIVolumeSource downwardAPI:@core.v1.DownwardAPIVolumeSource emptyDir:@core.v1.EmptyDirVolumeSource ephemeral:@core.v1.EphemeralVolumeSource fc:@core.v1.FCVolumeSource flexVolume:@core.v1.FlexVolumeSource flocker:@core.v1.FlockerVolumeSource gcePersistentDisk:@core.v1.GCEPersistentDiskVolumeSource gitRepo:@core.v1.GitRepoVolumeSource glusterfs:@core.v1.GlusterfsVolumeSource hostPath:@core.v1.HostPathVolumeSource image:@core.v1.ImageVolumeSource iscsi:@core.v1.ISCSIVolumeSource name!:string nfs:@core.v1.NFSVolumeSource persistentVolumeClaim:@core.v1.PersistentVolumeClaimVolumeSource photonPersistentDisk:@core.v1.PhotonPersistentDiskVolumeSource portworxVolume:@core.v1.PortworxVolumeSource projected:@core.v1.ProjectedVolumeSource quobyte:@core.v1.QuobyteVolumeSource rbd:@core.v1.RBDVolumeSource scaleIO:@core.v1.ScaleIOVolumeSource secret:@core.v1.SecretVolumeSource storageos:@core.v1.StorageOSVolumeSource vsphereVolume:@core.v1.VsphereVirtualDiskVolumeSource
core.v1.VolumeDevice devicePath!:string name!:string
core.v1.VolumeMount mountPath!:string mountPropagation:string name!:string readOnly:boolean recursiveReadOnly:string subPath:string subPathExpr:string
core.v1.VolumeMountStatus mountPath!:string name!:string readOnly:boolean recursiveReadOnly:string
core.v1.VolumeNodeAffinity required:@core.v1.NodeSelector
core.v1.VolumeProjection clusterTrustBundle:@core.v1.ClusterTrustBundleProjection configMap:@core.v1.ConfigMapProjection downwardAPI:@core.v1.DownwardAPIProjection secret:@core.v1.SecretProjection serviceAccountToken:@core.v1.ServiceAccountTokenProjection
core.v1.VolumeResourceRequirements limits:{}quantity requests:{}quantity
core.v1.VsphereVirtualDiskVolumeSource fsType:string storagePolicyID:string storagePolicyName:string volumePath!:string
core.v1.WeightedPodAffinityTerm podAffinityTerm!:@core.v1.PodAffinityTerm= weight!:int32
core.v1.WindowsSecurityContextOptions gmsaCredentialSpec:string gmsaCredentialSpecName:string hostProcess:boolean runAsUserName:string
discovery.v1.Endpoint addresses!:[set]string conditions:@discovery.v1.EndpointConditions= deprecatedTopology:{}string hints:@discovery.v1.EndpointHints hostname:string nodeName:string targetRef:@core.v1.ObjectReference zone:string
discovery.v1.EndpointConditions ready:boolean serving:boolean terminating:boolean
discovery.v1.EndpointHints forNodes:[]@discovery.v1.ForNode forZones:[]@discovery.v1.ForZone
discovery.v1.EndpointPort^ appProtocol:string name:string port:int32 protocol:string
discovery.v1.EndpointSlice addressType!:string apiVersion:string endpoints!:[]@discovery.v1.Endpoint kind:string metadata:@meta.v1.ObjectMeta= ports:[]@discovery.v1.EndpointPort
discovery.v1.ForNode name!:string
discovery.v1.ForZone name!:string
events.v1.Event action:string apiVersion:string deprecatedCount:int32 deprecatedFirstTimestamp:date-time deprecatedLastTimestamp:date-time deprecatedSource:@core.v1.EventSource= eventTime!:date-time kind:string metadata:@meta.v1.ObjectMeta= note:string reason:string regarding:@core.v1.ObjectReference= related:@core.v1.ObjectReference reportingController:string reportingInstance:string series:@events.v1.EventSeries type:string
events.v1.EventSeries count!:int32 lastObservedTime!:date-time
meta.v1.Condition lastTransitionTime!:date-time message!:string observedGeneration:int64 reason!:string status!:string type!:string
meta.v1.DeleteOptions apiVersion:string dryRun:[]string gracePeriodSeconds:int64 ignoreStoreReadErrorWithClusterBreakingPotential:boolean kind:string orphanDependents:boolean preconditions:@meta.v1.Preconditions propagationPolicy:string
meta.v1.FieldSelectorRequirement key!:string operator!:string values:[]string
meta.v1.LabelSelectorRequirement key!:string operator!:string values:[]string
meta.v1.LabelSelector^ matchExpressions:[]@meta.v1.LabelSelectorRequirement matchLabels:{}string
meta.v1.ListMeta continue:string remainingItemCount:int64 resourceVersion:string selfLink:string
meta.v1.ManagedFieldsEntry apiVersion:string fieldsType:string fieldsV1:raw manager:string operation:string subresource:string time:date-time
meta.v1.ObjectMeta annotations:{}string creationTimestamp:date-time deletionGracePeriodSeconds:int64 deletionTimestamp:date-time finalizers:[set]string~merge generateName:string generation:int64 labels:{}string managedFields:[]@meta.v1.ManagedFieldsEntry name:string namespace:string ownerReferences:[uid]@meta.v1.OwnerReference~merge/uid resourceVersion:string selfLink:string uid:string
meta.v1.OwnerReference^ apiVersion!:string blockOwnerDeletion:boolean controller:boolean kind!:string name!:string uid!:string
meta.v1.Preconditions resourceVersion:string uid:string
meta.v1.Status apiVersion:string code:int32 details:@meta.v1.StatusDetails kind:string message:string metadata:@meta.v1.ListMeta= reason:string status:string
meta.v1.StatusCause field:string message:string reason:string
meta.v1.StatusDetails causes:[]@meta.v1.StatusCause group:string kind:string name:string retryAfterSeconds:int32 uid:string
networking.v1.HTTPIngressPath backend!:@networking.v1.IngressBackend= path:string pathType!:string
networking.v1.HTTPIngressRuleValue paths!:[]@networking.v1.HTTPIngressPath
networking.v1.IPAddress apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@networking.v1.IPAddressSpec=
networking.v1.IPAddressSpec parentRef!:@networking.v1.ParentReference
networking.v1.IPBlock cidr!:string except:[]string
networking.v1.Ingress apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@networking.v1.IngressSpec= status:@networking.v1.IngressStatus=
networking.v1.IngressBackend resource:@core.v1.TypedLocalObjectReference service:@networking.v1.IngressServiceBackend
networking.v1.IngressClass apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@networking.v1.IngressClassSpec=
networking.v1.IngressClassParametersReference apiGroup:string kind!:string name!:string namespace:string scope:string
networking.v1.IngressClassSpec controller:string parameters:@networking.v1.IngressClassParametersReference
networking.v1.IngressLoadBalancerIngress hostname:string ip:string ports:[]@networking.v1.IngressPortStatus
networking.v1.IngressLoadBalancerStatus ingress:[]@networking.v1.IngressLoadBalancerIngress
networking.v1.IngressPortStatus error:string port!:int32 protocol!:string
networking.v1.IngressRule host:string http:@networking.v1.HTTPIngressRuleValue
networking.v1.IngressServiceBackend name!:string port:@networking.v1.ServiceBackendPort=
networking.v1.IngressSpec defaultBackend:@networking.v1.IngressBackend ingressClassName:string rules:[]@networking.v1.IngressRule tls:[]@networking.v1.IngressTLS
networking.v1.IngressStatus loadBalancer:@networking.v1.IngressLoadBalancerStatus=
networking.v1.IngressTLS hosts:[]string secretName:string
networking.v1.NetworkPolicy apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@networking.v1.NetworkPolicySpec=
networking.v1.NetworkPolicyEgressRule ports:[]@networking.v1.NetworkPolicyPort to:[]@networking.v1.NetworkPolicyPeer
networking.v1.NetworkPolicyIngressRule from:[]@networking.v1.NetworkPolicyPeer ports:[]@networking.v1.NetworkPolicyPort
networking.v1.NetworkPolicyPeer ipBlock:@networking.v1.IPBlock namespaceSelector:@meta.v1.LabelSelector podSelector:@meta.v1.LabelSelector
networking.v1.NetworkPolicyPort endPort:int32 port:int-or-string protocol:string
networking.v1.NetworkPolicySpec egress:[]@networking.v1.NetworkPolicyEgressRule ingress:[]@networking.v1.NetworkPolicyIngressRule podSelector!:@meta.v1.LabelSelector= policyTypes:[]string
networking.v1.ParentReference group:string name!:string namespace:string resource!:string
networking.v1.ServiceBackendPort^ name:string number:int32
networking.v1.ServiceCIDR apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@networking.v1.ServiceCIDRSpec= status:@networking.v1.ServiceCIDRStatus=
networking.v1.ServiceCIDRSpec cidrs:[]string
networking.v1.ServiceCIDRStatus conditions:[type]@meta.v1.Condition~merge/type
node.v1.Overhead podFixed:{}quantity
node.v1.RuntimeClass apiVersion:string handler!:string kind:string metadata:@meta.v1.ObjectMeta= overhead:@node.v1.Overhead scheduling:@node.v1.Scheduling
node.v1.Scheduling nodeSelector:{^}string tolerations:[]@core.v1.Toleration
policy.v1.Eviction apiVersion:string deleteOptions:@meta.v1.DeleteOptions kind:string metadata:@meta.v1.ObjectMeta=
policy.v1.PodDisruptionBudget apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec:@policy.v1.PodDisruptionBudgetSpec= status:@policy.v1.PodDisruptionBudgetStatus=
policy.v1.PodDisruptionBudgetSpec maxUnavailable:int-or-string minAvailable:int-or-string selector:@meta.v1.LabelSelector~replace unhealthyPodEvictionPolicy:string
policy.v1.PodDisruptionBudgetStatus conditions:[type]@meta.v1.Condition~merge/type currentHealthy!:int32 desiredHealthy!:int32 disruptedPods:{}date-time disruptionsAllowed!:int32 expectedPods!:int32 observedGeneration:int64
rbac.v1.AggregationRule clusterRoleSelectors:[]@meta.v1.LabelSelector
rbac.v1.ClusterRole aggregationRule:@rbac.v1.AggregationRule apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= rules:[]@rbac.v1.PolicyRule
rbac.v1.ClusterRoleBinding apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= roleRef!:@rbac.v1.RoleRef= subjects:[]@rbac.v1.Subject
rbac.v1.PolicyRule apiGroups:[]string nonResourceURLs:[]string resourceNames:[]string resources:[]string verbs!:[]string
rbac.v1.Role apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= rules:[]@rbac.v1.PolicyRule
rbac.v1.RoleBinding apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= roleRef!:@rbac.v1.RoleRef= subjects:[]@rbac.v1.Subject
rbac.v1.RoleRef^ apiGroup!:string kind!:string name!:string
rbac.v1.Subject^ apiGroup:string kind!:string name!:string namespace:string
scheduling.v1.PriorityClass apiVersion:string description:string globalDefault:boolean kind:string metadata:@meta.v1.ObjectMeta= preemptionPolicy:string value!:int32
storage.v1.CSIDriver apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@storage.v1.CSIDriverSpec=
storage.v1.CSIDriverSpec attachRequired:boolean fsGroupPolicy:string nodeAllocatableUpdatePeriodSeconds:int64 podInfoOnMount:boolean requiresRepublish:boolean seLinuxMount:boolean storageCapacity:boolean tokenRequests:[]@storage.v1.TokenRequest volumeLifecycleModes:[set]string
storage.v1.CSINode apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@storage.v1.CSINodeSpec=
storage.v1.CSINodeDriver allocatable:@storage.v1.VolumeNodeResources name!:string nodeID!:string topologyKeys:[]string
storage.v1.CSINodeSpec drivers!:[name]@storage.v1.CSINodeDriver~merge/name
storage.v1.CSIStorageCapacity apiVersion:string capacity:quantity kind:string maximumVolumeSize:quantity metadata:@meta.v1.ObjectMeta= nodeTopology:@meta.v1.LabelSelector storageClassName!:string
storage.v1.StorageClass allowVolumeExpansion:boolean allowedTopologies:[]@core.v1.TopologySelectorTerm apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= mountOptions:[]string parameters:{}string provisioner!:string reclaimPolicy:string volumeBindingMode:string
storage.v1.TokenRequest audience!:string expirationSeconds:int64
storage.v1.VolumeAttachment apiVersion:string kind:string metadata:@meta.v1.ObjectMeta= spec!:@storage.v1.VolumeAttachmentSpec= status:@storage.v1.VolumeAttachmentStatus=
storage.v1.VolumeAttachmentSource inlineVolumeSpec:@core.v1.PersistentVolumeSpec persistentVolumeName:string
storage.v1.VolumeAttachmentSpec attacher!:string nodeName!:string source!:@storage.v1.VolumeAttachmentSource=
storage.v1.VolumeAttachmentStatus attachError:@storage.v1.VolumeError attached!:boolean attachmentMetadata:{}string detachError:@storage.v1.VolumeError
storage.v1.VolumeError errorCode:int32 message:string time:date-time
storage.v1.VolumeNodeResources count:int32
`;
