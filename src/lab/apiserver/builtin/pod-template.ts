import { objectIn, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';

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
  for (const list of [spec.initContainers, spec.containers])
    for (const container of objectsIn(list)) defaultContainer(container, spec.hostNetwork === true);
  for (const volume of objectsIn(spec.volumes)) defaultVolume(volume);
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(textOf(container.image)));
  const resources = objectIn(container, 'resources');
  if (resources.limits !== undefined) {
    const requests = objectIn(resources, 'requests');
    for (const [name, amount] of Object.entries(resources.limits as JsonObject)) setDefault(requests, name, amount);
  }
  for (const port of objectsIn(container.ports)) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork) setDefault(port, 'hostPort', port.containerPort);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (container[probe] !== undefined) defaultProbe(objectIn(container, probe));
  for (const variable of objectsIn(container.env)) {
    const source = variable.valueFrom as JsonObject | undefined;
    if (source?.fieldRef !== undefined) setDefault(objectIn(source, 'fieldRef'), 'apiVersion', 'v1');
  }
}

/** `Always` for images without a tag or with the tag `latest`. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: JsonObject): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  if (probe.httpGet !== undefined) {
    const get = objectIn(probe, 'httpGet');
    setDefault(get, 'path', '/');
    setDefault(get, 'scheme', 'HTTP');
  }
}

function defaultVolume(volume: JsonObject): void {
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI'])
    if (volume[source] !== undefined) setDefault(objectIn(volume, source), 'defaultMode', 420);
  if (volume.hostPath !== undefined) setDefault(objectIn(volume, 'hostPath'), 'type', '');
}
