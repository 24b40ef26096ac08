import type { KubeObject } from '../../kube/index.ts';
import type { Validator } from '../apiserver/index.ts';
import type { KubeadmConfigSpec, KubeadmControlPlane, MachineDeployment } from './kit/index.ts';
import { applyDefaults, rollingLimits } from './core/machine-deployment.ts';

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

function invalidValue(field: string, value: unknown, message: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${message}` };
}

function forbidden(field: string, message: string): Cause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${message}` };
}

/** `v1.33.7-2` and the like; the KubeadmControlPlane webhook requires the leading v. */
const VERSION = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-+][0-9A-Za-z.+-]+)?$/;

/** The rules of Cluster API's KubeadmControlPlane webhook that a manifest of the guide can run into. */
export function validateControlPlane(controlPlane: KubeadmControlPlane, old?: KubeadmControlPlane): Cause[] {
  const { spec } = controlPlane;
  const causes: Cause[] = [];
  const replicas = spec.replicas ?? 1;
  const external = (spec.kubeadmConfigSpec.clusterConfiguration?.['etcd'] as { external?: unknown } | undefined)
    ?.external;
  if (replicas === 0) causes.push(forbidden('spec.replicas', 'cannot be 0'));
  if (external === undefined && replicas % 2 === 0 && replicas !== 0)
    causes.push(forbidden('spec.replicas', 'cannot be an even number when etcd is stacked'));
  if (!VERSION.test(spec.version))
    causes.push(invalidValue('spec.version', spec.version, 'must be a valid semantic version'));
  const surge = spec.rolloutStrategy?.rollingUpdate?.maxSurge;
  if (surge !== undefined && Number(surge) !== 0 && Number(surge) !== 1)
    causes.push({
      reason: 'FieldValueRequired',
      field: 'spec.rolloutStrategy.rollingUpdate.maxSurge',
      message: 'Required value: value must be 1 or 0',
    });
  if (Number(surge ?? 1) === 0 && replicas < 3)
    causes.push({
      reason: 'FieldValueRequired',
      field: 'spec.rolloutStrategy.rollingUpdate',
      message:
        'Required value: when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3',
    });
  causes.push(...validateConfig(spec.kubeadmConfigSpec, 'spec.kubeadmConfigSpec'));
  if (old) {
    const before = JSON.stringify(old.spec.kubeadmConfigSpec.clusterConfiguration?.['networking'] ?? null);
    const after = JSON.stringify(spec.kubeadmConfigSpec.clusterConfiguration?.['networking'] ?? null);
    if (before !== after)
      causes.push(forbidden('spec.kubeadmConfigSpec.clusterConfiguration.networking', 'cannot be modified'));
  }
  return causes;
}

export function validateConfig(spec: KubeadmConfigSpec, path: string): Cause[] {
  const causes: Cause[] = [];
  const seen = new Set<string>();
  (spec.files ?? []).forEach((file, i) => {
    const at = `${path}.files[${String(i)}]`;
    if (file.content !== undefined && file.content !== '' && file.contentFrom)
      causes.push(invalidValue(at, file.path, 'only one of content or contentFrom may be specified for a single file'));
    if (seen.has(file.path))
      causes.push(invalidValue(`${at}.path`, file.path, 'path property must be unique among all files'));
    seen.add(file.path);
  });
  return causes;
}

export function validateMachineDeployment(deployment: MachineDeployment): Cause[] {
  const { selector, template, strategy } = deployment.spec;
  const causes: Cause[] = [];
  const stated = Object.entries(selector.matchLabels ?? {});
  for (const [key, value] of stated)
    if (template.metadata?.labels?.[key] !== value && !key.startsWith('cluster.x-k8s.io/'))
      causes.push(
        invalidValue(
          'spec.template.metadata.labels',
          template.metadata?.labels ?? {},
          `must match spec.selector "${key}=${value}"`,
        ),
      );
  const rolling = strategy?.rollingUpdate;
  if (
    rolling?.maxSurge === 0 &&
    (rolling.maxUnavailable === undefined || rolling.maxUnavailable === 0) &&
    rollingLimits(deployment).maxUnavailable === 1
  )
    causes.push(
      invalidValue(
        'spec.strategy.rollingUpdate.maxUnavailable',
        rolling.maxUnavailable ?? 0,
        'may not be 0 when `maxSurge` is 0',
      ),
    );
  return causes;
}

/** The webhooks of Cluster API core and the kubeadm providers, for the API server's admission. */
export const capiValidators: Readonly<Record<string, Validator>> = {
  'kubeadmcontrolplanes.controlplane.cluster.x-k8s.io': {
    name: 'validation.kubeadmcontrolplane.controlplane.cluster.x-k8s.io',
    validate: (operation, object: KubeObject, old) =>
      operation === 'DELETE'
        ? undefined
        : validateControlPlane(object as KubeadmControlPlane, old as KubeadmControlPlane | undefined),
  },
  'machinedeployments.cluster.x-k8s.io': {
    name: 'validation.machinedeployment.cluster.x-k8s.io',
    // Filled in within the request, so that it belongs to the writer and not to the controller: else the next apply of the same
    // manifest would conflict with it.
    mutate: (object) => applyDefaults(object as MachineDeployment),
    validate: (operation, object: KubeObject) =>
      operation === 'DELETE' ? undefined : validateMachineDeployment(object as MachineDeployment),
  },
};
