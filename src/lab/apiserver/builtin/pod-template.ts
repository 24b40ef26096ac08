import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, setDefaultOfZero, textOf, type JsonObject } from '../json.ts';

/** The defaults of a Pod's spec, which templates of workloads get too (k8s.io/kubernetes, apis/core/v1 defaults). */
export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'schedulerName', 'default-scheduler');
  setDefault(spec, 'securityContext', {});
  // The old name of the same field goes along with it.
  if (spec.serviceAccountName !== undefined) setDefault(spec, 'serviceAccount', spec.serviceAccountName);
  else if (spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers])
    for (const container of objectsIn(list)) defaultContainer(container, spec.hostNetwork === true);
  for (const volume of objectsIn(spec.volumes)) defaultVolume(volume);
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(textOf(container.image)));
  const resources = objectIn(container, 'resources');
  if (isObject(resources.limits)) {
    const requests = objectIn(resources, 'requests');
    for (const [name, amount] of Object.entries(resources.limits)) setDefault(requests, name, amount);
  }
  for (const port of objectsIn(container.ports)) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork) setDefault(port, 'hostPort', port.containerPort);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (isObject(container[probe])) defaultProbe(container[probe]);
  const { lifecycle } = container;
  if (isObject(lifecycle))
    for (const hook of [lifecycle.postStart, lifecycle.preStop]) if (isObject(hook)) defaultHandler(hook);
  for (const { valueFrom } of objectsIn(container.env)) if (isObject(valueFrom)) defaultFieldRef(valueFrom);
}

/** `Always` for images without a tag or with the tag `latest`. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: JsonObject): void {
  setDefaultOfZero(probe, 'timeoutSeconds', 1);
  setDefaultOfZero(probe, 'periodSeconds', 10);
  setDefaultOfZero(probe, 'successThreshold', 1);
  setDefaultOfZero(probe, 'failureThreshold', 3);
  defaultHandler(probe);
}

function defaultHandler(handler: JsonObject): void {
  if (isObject(handler.httpGet)) {
    setDefault(handler.httpGet, 'path', '/');
    setDefault(handler.httpGet, 'scheme', 'HTTP');
  }
  if (isObject(handler.grpc)) setDefault(handler.grpc, 'service', '');
}

function defaultFieldRef(source: JsonObject): void {
  if (isObject(source.fieldRef)) setDefault(source.fieldRef, 'apiVersion', 'v1');
  if (isObject(source.resourceFieldRef)) setDefaultOfZero(source.resourceFieldRef, 'divisor', '0');
}

const DEFAULT_MODE = 0o644;
const TOKEN_SECONDS = 3600;

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI'])
    if (isObject(volume[source])) setDefault(volume[source], 'defaultMode', DEFAULT_MODE);
  if (isObject(volume.downwardAPI)) for (const item of objectsIn(volume.downwardAPI.items)) defaultFieldRef(item);
  if (isObject(volume.projected))
    for (const source of objectsIn(volume.projected.sources)) {
      if (isObject(source.serviceAccountToken))
        setDefault(source.serviceAccountToken, 'expirationSeconds', TOKEN_SECONDS);
      if (isObject(source.downwardAPI)) for (const item of objectsIn(source.downwardAPI.items)) defaultFieldRef(item);
    }
  if (isObject(volume.ephemeral) && isObject(volume.ephemeral.volumeClaimTemplate))
    setDefault(objectIn(volume.ephemeral.volumeClaimTemplate, 'spec'), 'volumeMode', 'Filesystem');
  defaultVolumeSource(volume);
}

/** Defaults that volumes of Pods share with PersistentVolumes. */
export function defaultVolumeSource(holder: JsonObject): void {
  if (isObject(holder.hostPath)) setDefault(holder.hostPath, 'type', '');
  if (isObject(holder.iscsi)) setDefault(holder.iscsi, 'iscsiInterface', 'default');
  if (isObject(holder.rbd)) {
    setDefault(holder.rbd, 'pool', 'rbd');
    setDefault(holder.rbd, 'user', 'admin');
    setDefault(holder.rbd, 'keyring', '/etc/ceph/keyring');
  }
}

/** The Pod spec of a workload's template, with its defaults filled in. */
export function defaultTemplate(spec: JsonObject): void {
  defaultPodSpec(objectIn(objectIn(spec, 'template'), 'spec'));
}

/** The labels of the template of a workload. */
export function templateLabels(workload: KubeObject): JsonObject {
  const labels = fieldAt(workload, 'spec', 'template', 'metadata', 'labels');
  return isObject(labels) ? labels : {};
}
