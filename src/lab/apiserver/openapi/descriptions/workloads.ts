/** What the fields of the kinds that make Pods mean. For the notation see describe.ts. */
export const WORKLOAD_DESCRIPTIONS = `
apps.v1.Deployment: Keeps a number of equal Pods running and replaces them step by step when their template changes.
apps.v1.DeploymentSpec: The Pods that are wanted, and how they are replaced.
  minReadySeconds: How long a new Pod must be ready before it counts as available.
  paused: Whether changes of the template wait.
  progressDeadlineSeconds: After how long without progress a rollout is reported as stuck.
  replicas: Number of Pods; 1 when absent.
  revisionHistoryLimit: How many former ReplicaSets are kept to go back to.
  selector: Which Pods belong to it. It must match the labels of the template and cannot change.
  strategy: How Pods are replaced.
  template: What the Pods are made from.
apps.v1.DeploymentStatus: How far a Deployment is.
  availableReplicas: Pods that have been ready for long enough.
  collisionCount: Counts names of ReplicaSets that were taken.
  readyReplicas: Pods that are ready.
  replicas: Pods of all revisions.
  terminatingReplicas: Pods that are about to end.
  unavailableReplicas: Pods that are still missing.
  updatedReplicas: Pods of the present template.
apps.v1.DeploymentStrategy: In which order old Pods go and new ones come.
  rollingUpdate: Bounds of a rolling update.
  type: RollingUpdate, or Recreate, which ends all old Pods first.
apps.v1.RollingUpdateDeployment: Bounds of a rolling update, as numbers or percentages.
  maxSurge: How many Pods more than wanted there may be.
  maxUnavailable: How many Pods fewer than wanted may be available.
apps.v1.ReplicaSet: Keeps a number of equal Pods running; mostly made by a Deployment.
apps.v1.ReplicaSetSpec: The Pods that are wanted.
  minReadySeconds: How long a new Pod must be ready before it counts as available.
  replicas: Number of Pods; 1 when absent.
  selector: Which Pods belong to it. It cannot change.
  template: What the Pods are made from.
apps.v1.ReplicaSetStatus: How far a ReplicaSet is.
  availableReplicas: Pods that have been ready for long enough.
  fullyLabeledReplicas: Pods that have all labels of the template.
  readyReplicas: Pods that are ready.
  replicas: Pods that there are.
  terminatingReplicas: Pods that are about to end.
apps.v1.StatefulSet: Keeps Pods with lasting names and volumes, numbered from 0.
apps.v1.StatefulSetSpec: The Pods that are wanted, and in which order they come and go.
  minReadySeconds: How long a new Pod must be ready before it counts as available.
  ordinals: Where the numbers begin.
  persistentVolumeClaimRetentionPolicy: What becomes of the claims when Pods go.
  podManagementPolicy: OrderedReady makes one Pod after another, Parallel all at once.
  replicas: Number of Pods; 1 when absent.
  revisionHistoryLimit: How many former revisions are kept to go back to.
  selector: Which Pods belong to it. It cannot change.
  serviceName: The Service that gives the Pods their names in the network.
  template: What the Pods are made from.
  updateStrategy: How Pods are replaced.
  volumeClaimTemplates: Claims that are made for every Pod.
apps.v1.StatefulSetStatus: How far a StatefulSet is.
  availableReplicas: Pods that have been ready for long enough.
  collisionCount: Counts names of revisions that were taken.
  currentReplicas: Pods of the current revision.
  currentRevision: The revision that Pods not yet replaced have.
  readyReplicas: Pods that are ready.
  replicas: Pods that there are.
  updateRevision: The revision of the present template.
  updatedReplicas: Pods of that revision.
apps.v1.DaemonSet: Keeps one Pod on every node, or on every node of some sort.
apps.v1.DaemonSetSpec: The Pods that are wanted, and how they are replaced.
  minReadySeconds: How long a new Pod must be ready before it counts as available.
  revisionHistoryLimit: How many former revisions are kept to go back to.
  selector: Which Pods belong to it. It cannot change.
  template: What the Pods are made from; its node selector says on which nodes.
  updateStrategy: How Pods are replaced.
apps.v1.DaemonSetStatus: How far a DaemonSet is.
  collisionCount: Counts names of revisions that were taken.
  currentNumberScheduled: Nodes that should have the Pod and have it.
  desiredNumberScheduled: Nodes that should have the Pod.
  numberAvailable: Nodes whose Pod has been ready for long enough.
  numberMisscheduled: Nodes that have the Pod and should not.
  numberReady: Nodes whose Pod is ready.
  numberUnavailable: Nodes whose Pod is missing or not ready.
  updatedNumberScheduled: Nodes whose Pod is of the present template.
batch.v1.Job: Runs Pods until so many of them have succeeded.
batch.v1.JobSpec: What is run, how often and how long.
  activeDeadlineSeconds: After how long the Job is ended as failed.
  backoffLimit: How many failed Pods are made up for before the Job fails.
  backoffLimitPerIndex: The same for each index of an indexed Job.
  completionMode: NonIndexed, or Indexed, where every completion has a number.
  completions: How many Pods must succeed.
  managedBy: Which controller looks after the Job.
  manualSelector: Whether the selector is the user's own.
  maxFailedIndexes: How many indexes may fail before the Job does.
  parallelism: How many Pods run at the same time.
  podFailurePolicy: What is done about failures of a given sort.
  podReplacementPolicy: Whether an ending Pod is replaced at once or when it has failed.
  selector: Which Pods belong to it; the server sets it.
  successPolicy: When an indexed Job counts as succeeded before all its Pods have.
  suspend: Whether the Job waits, without Pods.
  template: What the Pods are made from.
  ttlSecondsAfterFinished: How long the Job stays after its end.
batch.v1.JobStatus: How far a Job is.
  active: Pods that run or wait to.
  completedIndexes: Indexes that have succeeded, as ranges.
  completionTime: When the Job succeeded.
  failed: Pods that failed.
  failedIndexes: Indexes that have failed, as ranges.
  ready: Pods that are ready.
  startTime: When the Job was begun.
  succeeded: Pods that succeeded.
  terminating: Pods that are about to end.
  uncountedTerminatedPods: Pods that have ended and are not counted yet.
batch.v1.CronJob: Makes Jobs by a schedule.
batch.v1.CronJobSpec: The schedule and the Jobs.
  concurrencyPolicy: Whether a Job may begin while another runs: Allow, Forbid or Replace.
  failedJobsHistoryLimit: How many failed Jobs are kept.
  jobTemplate: What the Jobs are made from.
  schedule: Minute, hour, day, month and weekday, as cron writes them.
  startingDeadlineSeconds: How late a Job may begin.
  successfulJobsHistoryLimit: How many succeeded Jobs are kept.
  suspend: Whether no more Jobs are made.
  timeZone: Time zone of the schedule.
batch.v1.CronJobStatus: What a CronJob has done.
  active: Jobs that run.
  lastScheduleTime: When a Job was last made.
  lastSuccessfulTime: When a Job last succeeded.
policy.v1.PodDisruptionBudget: Bounds how many Pods of a sort may be evicted at the same time.
policy.v1.PodDisruptionBudgetSpec: The Pods and the bound.
  maxUnavailable: How many, or what share, may be missing.
  minAvailable: How many, or what share, must remain.
  selector: The Pods; an empty selector takes all of the namespace.
  unhealthyPodEvictionPolicy: Whether Pods that are not ready may always be evicted.
policy.v1.PodDisruptionBudgetStatus: What the budget allows at present.
  currentHealthy: Pods that are healthy.
  desiredHealthy: Pods that must be healthy.
  disruptedPods: Pods whose eviction was allowed and is under way.
  disruptionsAllowed: How many Pods may be evicted now.
  expectedPods: Pods that the budget counts.
autoscaling.v2.HorizontalPodAutoscaler: Changes the number of Pods of a workload by what is measured of them.
autoscaling.v2.HorizontalPodAutoscalerSpec: The workload, the bounds and the measures.
  behavior: How fast it grows and shrinks.
  maxReplicas: The most Pods.
  metrics: What is measured, and the values to aim at.
  minReplicas: The fewest Pods; 1 when absent.
  scaleTargetRef: The workload.
autoscaling.v2.HorizontalPodAutoscalerStatus: What was measured and decided.
  currentMetrics: What was last measured.
  currentReplicas: Pods that there are.
  desiredReplicas: Pods that there should be.
  lastScaleTime: When the number was last changed.
`;
