// What kube-controller-manager and kube-scheduler do on a real cluster, as ordinary clients of the Kubernetes API:
// Deployments, ReplicaSets, DaemonSets, StatefulSets, Jobs, Endpoints, namespaces, the scheduler, the garbage collector.
// Knows no short cut: it works on a real API server as well.
export * from './conditions.ts';
export { endpointSlices } from './endpoint-slice.ts';
export { EventRecorder } from './event-recorder.ts';
export * from './ownership.ts';
export { runGarbageCollector } from './garbage-collector.ts';
export * from './run-controllers.ts';
export * from './selector.ts';
export { tokenSecretsReconciler } from './token-secrets.ts';
