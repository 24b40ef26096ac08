import { GlobalctlError } from '../../../base/index.ts';
import {
  conditionOf,
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { copyRepositories } from '../../../pack/index.ts';
import type { Phase, PhaseContext } from '../phase.ts';
import { GLOBAL, payloadImages, REGISTRY_AUTH_SECRET, REGISTRY_PORT } from '../payload.ts';
import { bootstrapRegistry, platformRegistry, registryLogin, requireNewestTag } from '../registries.ts';
import { findGlobalCluster } from './find-cluster.ts';
import { runsImage, withImageOnControlPlane } from './registry-image.ts';

const NAME = 'registry';
const ADDRESS_ANNOTATION = 'cpaas.io/registry-address';

/** The platform's own registry: started in the new cluster, filled from the bootstrap registry, named on the Cluster. */
export const registryPhase: Phase = {
  id: 'registry',
  title: 'Set up the platform registry',
  weight: 25,
  run: async (context) => {
    const { config, request, source, signal, log } = context;
    const { client: target } = await context.target();
    const { cluster } = await findGlobalCluster(source, signal);
    const nodeAddress = fieldAt(cluster, 'metadata', 'annotations', ADDRESS_ANNOTATION);
    if (typeof nodeAddress !== 'string')
      throw new GlobalctlError('INSTALLER_NOT_READY', {
        message: 'the Cluster does not say from which registry its nodes pull',
        subject: `Cluster ${PLATFORM_NAMESPACE}/${GLOBAL}, annotation ${ADDRESS_ANNOTATION}`,
      });
    const from = bootstrapRegistry(config);
    const to = platformRegistry(config, request);
    try {
      const tag = await requireNewestTag(from, payloadImages.registry, signal);
      const image = `${payloadImages.registry}:${tag}`;
      const own = `${request.registry.domain}/${image}`;
      await startRegistry(
        context,
        target,
        (await runsImage(target, NAME, own, signal)) ? own : `${nodeAddress}/${image}`,
      );
      context.waiting(`the registry at ${request.registry.domain} does not answer yet`);
      await to.ping(signal);
      const copied = await copyRepositories({
        from,
        to,
        clock: config.clock,
        signal,
        onImage: (_name, done, total) => {
          const told = `images copied into the platform registry: ${String(done)} of ${String(total)}`;
          context.advanced(told, done / Math.max(1, total));
        },
      });
      log(`${String(copied.images)} images and charts are in ${request.registry.domain}`);
      await takeOwnImage(context, target, own);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
    await nameRegistry(target, request.registry.domain, signal);
    log(`${ADDRESS_ANNOTATION} is now ${request.registry.domain}`);
  },
};

/** From here on the registry needs no other one: its Pod starts from the image that it holds itself. */
async function takeOwnImage(context: PhaseContext, target: KubeClient, image: string): Promise<void> {
  const { request, signal } = context;
  if (await runsImage(target, NAME, image, signal)) return;
  await withImageOnControlPlane({
    target,
    image,
    withLogin: registryLogin(request) !== undefined,
    signal,
    waiting: (message) => context.waiting(message),
    work: () => startRegistry(context, target, image),
  });
  context.log(`the registry runs from its own image, ${image}`);
}

async function startRegistry(context: PhaseContext, target: KubeClient, image: string): Promise<void> {
  const { request, signal } = context;
  const login = registryLogin(request);
  if (login !== undefined) {
    const auth = Buffer.from(`${login.username}:${login.password}`, 'utf8').toString('base64');
    const content = JSON.stringify({ auths: { [request.registry.domain]: { ...login, auth } } });
    const secret = (name: string, type: string, data: Record<string, string>): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: PLATFORM_NAMESPACE },
      type,
      data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, Buffer.from(v, 'utf8').toString('base64')])),
    });
    const secrets = [
      secret(REGISTRY_AUTH_SECRET, 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': content }),
      secret(`${NAME}-login`, 'Opaque', { ...login }),
    ];
    for (const object of secrets) await target.apply(resources.secrets, object, { force: true, signal });
  }
  await target.apply(resources.deployments, registryDeployment(image, login !== undefined), { force: true, signal });
  await watchUntil(target, resources.deployments, { namespace: PLATFORM_NAMESPACE, signal }, (store) => {
    const deployment = store.get(`${PLATFORM_NAMESPACE}/${NAME}`);
    const available = deployment && conditionOf(deployment, 'Available');
    const current = fieldAt(deployment, 'status', 'observedGeneration') === deployment?.metadata.generation;
    if (available?.status === 'True' && current) return true;
    context.waiting(`Deployment ${NAME} is not available: ${available?.message ?? 'not begun'}`);
    return undefined;
  });
}

/**
 * One Pod in the network of a control plane node, whose data survives there: the platform's address forwards the port to the
 * control plane nodes and finds the one that answers.
 */
function registryDeployment(image: string, withLogin: boolean): KubeObject {
  const labels = { app: NAME, 'cpaas.io/component': NAME };
  const fromLogin = (name: string, key: string): unknown => ({
    name,
    valueFrom: { secretKeyRef: { name: `${NAME}-login`, key } },
  });
  const env = [
    { name: 'REGISTRY_HTTP_ADDR', value: `:${String(REGISTRY_PORT)}` },
    ...(withLogin ? [fromLogin('REGISTRY_USERNAME', 'username'), fromLogin('REGISTRY_PASSWORD', 'password')] : []),
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: PLATFORM_NAMESPACE, labels },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: NAME } },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
          tolerations: [{ operator: 'Exists' }],
          ...(withLogin && { imagePullSecrets: [{ name: REGISTRY_AUTH_SECRET }] }),
          containers: [
            {
              name: NAME,
              image,
              env,
              ports: [{ name: 'https', containerPort: REGISTRY_PORT, hostPort: REGISTRY_PORT }],
              volumeMounts: [{ name: 'data', mountPath: '/var/lib/registry' }],
            },
          ],
          volumes: [{ name: 'data', hostPath: { path: '/var/cpaas/registry', type: 'DirectoryOrCreate' } }],
        },
      },
    },
  };
}

/** On the imported Cluster, and on a DCSCluster, which carries the annotation too. */
async function nameRegistry(target: KubeClient, address: string, signal: AbortSignal): Promise<void> {
  const { infra, infraResource } = await findGlobalCluster(target, signal);
  const body = { metadata: { annotations: { [ADDRESS_ANNOTATION]: address } } };
  const ref = { name: GLOBAL, namespace: PLATFORM_NAMESPACE };
  await target.patch(resources.clusters, ref, { type: 'merge', body }, { signal });
  if (infra.kind === 'DCSCluster') await target.patch(infraResource, ref, { type: 'merge', body }, { signal });
}
