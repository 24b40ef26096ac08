import { resources } from '../../../kube/index.ts';
import { matchesSelector, type Cluster, type Endpoint } from '../../capi/index.ts';
import { InfrastructureClusterReconciler } from '../cluster-flow.ts';
import { externalBalancer, releaseBalancer } from '../external-balancer.ts';
import { isObstacle, readCredentials, RETRY_MS, type Obstacle } from '../provider-environment.ts';
import type { VSphereCluster, VSphereDeploymentZone } from './objects.ts';

const THUMBPRINT = /^([0-9A-Fa-f]{2}:){19}[0-9A-Fa-f]{2}$/;

/** VSphereCluster: a vCenter session; the balancer is its owner's, the provider makes none. */
export class VSphereClusterReconciler extends InfrastructureClusterReconciler<VSphereCluster> {
  readonly name = 'vspherecluster-controller';
  readonly resource = resources.vsphereClusters;
  protected readonly conditionType = 'VCenterAvailable';

  protected async provide(object: VSphereCluster, cluster: Cluster): Promise<Endpoint | Obstacle> {
    const { iaas } = this.environment;
    const { namespace = '' } = object.metadata;
    const { server = '', thumbprint = '', identityRef, controlPlaneEndpoint } = object.spec ?? {};
    const unreachable = (message: string): Obstacle => ({
      reason: 'VCenterUnreachable',
      severity: 'Error',
      message,
      retryAfterMs: RETRY_MS,
    });
    if (identityRef?.kind !== 'Secret')
      return unreachable(`identityRef of kind ${identityRef?.kind ?? ''} is not available`);
    const credentials = await readCredentials(this.environment, { name: identityRef.name, namespace }, [
      'username',
      'password',
    ]);
    if (isObstacle(credentials)) return credentials;
    if (thumbprint !== '' && !THUMBPRINT.test(thumbprint))
      return unreachable(
        `Post "https://${server}/sdk": Host "${server}:443" thumbprint does not match "${thumbprint}"`,
      );
    iaas.login(`https://${server}`, credentials.username);
    if (!controlPlaneEndpoint || controlPlaneEndpoint.host === '')
      return { reason: 'WaitingForControlPlaneEndpoint', severity: 'Info', message: 'controlPlaneEndpoint is not set' };
    await this.#failureDomains(object);
    await externalBalancer(this.environment, cluster, controlPlaneEndpoint.host);
    return controlPlaneEndpoint;
  }

  /** Zones of the same server that the selector picks; an empty selector picks all that carry control planes. */
  async #failureDomains(object: VSphereCluster): Promise<void> {
    const { client, signal } = this.environment;
    const selector = object.spec?.failureDomainSelector;
    if (!selector) return;
    const { items } = await client.list<VSphereDeploymentZone>(resources.vsphereDeploymentZones, { signal });
    const zones = items.filter((z) => z.spec?.server === object.spec?.server && matchesSelector(z, selector));
    object.status = {
      ...object.status,
      failureDomains: Object.fromEntries(
        zones.map((z) => [z.metadata.name ?? '', { controlPlane: z.spec?.controlPlane ?? true }]),
      ),
    };
  }

  protected withdraw(object: VSphereCluster): Promise<void> {
    releaseBalancer(this.environment, object.spec?.controlPlaneEndpoint?.host);
    return Promise.resolve();
  }
}
