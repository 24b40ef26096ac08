import {
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { REGISTRY_AUTH_SECRET } from '../payload.ts';

const NAME = 'registry-image';

/** Whether a Deployment's first container has that image already. */
export async function runsImage(
  target: KubeClient,
  name: string,
  image: string,
  signal: AbortSignal,
): Promise<boolean> {
  const deployment = await target.find(resources.deployments, { name, namespace: PLATFORM_NAMESPACE }, signal);
  return fieldAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'image') === image;
}

/**
 * Brings an image to every control plane node, by a DaemonSet that goes again, and does the work while the image is there. A
 * registry that is to run from its own image needs this: while it is replaced, nobody can pull from it.
 */
export async function withImageOnControlPlane(options: {
  readonly target: KubeClient;
  readonly image: string;
  /** Whether the registry asks for a login. */
  readonly withLogin: boolean;
  readonly signal: AbortSignal;
  readonly waiting: (message: string) => void;
  readonly work: () => Promise<void>;
}): Promise<void> {
  const { target, image, withLogin, signal, waiting, work } = options;
  await target.apply(resources.daemonSets, daemonSet(image, withLogin), { force: true, signal });
  await watchUntil(target, resources.daemonSets, { namespace: PLATFORM_NAMESPACE, signal }, (store) => {
    const set = store.get(`${PLATFORM_NAMESPACE}/${NAME}`);
    const count = (field: string): number => Number(fieldAt(set, 'status', field) ?? 0);
    const current = fieldAt(set, 'status', 'observedGeneration') === set?.metadata.generation;
    const [wanted, ready] = [count('desiredNumberScheduled'), count('numberReady')];
    if (current && wanted > 0 && ready === wanted && count('updatedNumberScheduled') === wanted) return true;
    waiting(`${image} is on ${String(ready)} of ${String(wanted)} control plane nodes`);
    return undefined;
  });
  await work();
  await target.delete(resources.daemonSets, { name: NAME, namespace: PLATFORM_NAMESPACE }, { signal });
}

/** A second registry on an address of its own in the Pod network, empty, which nobody asks: it is there for its image. */
function daemonSet(image: string, withLogin: boolean): KubeObject {
  const labels = { app: NAME };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: NAME, namespace: PLATFORM_NAMESPACE, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
          tolerations: [{ operator: 'Exists' }],
          ...(withLogin && { imagePullSecrets: [{ name: REGISTRY_AUTH_SECRET }] }),
          containers: [{ name: NAME, image, imagePullPolicy: 'IfNotPresent' }],
        },
      },
    },
  };
}
