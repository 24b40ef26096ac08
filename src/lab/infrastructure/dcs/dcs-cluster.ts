import { resources } from '../../../kube/index.ts';
import type { Cluster, Endpoint, Secret } from '../../capi/index.ts';
import { controlPlaneOf } from '../add-ons.ts';
import { InfrastructureClusterReconciler } from '../cluster-flow.ts';
import { externalBalancer, releaseBalancer } from '../external-balancer.ts';
import { isObstacle, readCredentials, RETRY_MS, type Obstacle } from '../provider-environment.ts';
import type { DcsCluster } from './objects.ts';

/** The control plane annotation by which a DCS cluster goes without kube-proxy. */
const SKIP_KUBE_PROXY = 'controlplane.cluster.x-k8s.io/skip-kube-proxy';

/** DCSCluster: an account, a site, and an external balancer that its owner keeps. */
export class DcsClusterReconciler extends InfrastructureClusterReconciler<DcsCluster> {
  readonly name = 'dcscluster-controller';
  readonly resource = resources.dcsClusters;
  protected readonly conditionType = 'ClusterReady';

  protected async provide(object: DcsCluster, cluster: Cluster): Promise<Endpoint | Obstacle> {
    const { iaas, client, signal } = this.environment;
    const { namespace = '' } = object.metadata;
    const {
      controlPlaneLoadBalancer: balancer,
      credentialSecretRef,
      networkType,
      encryptionProviderConfigRef,
    } = object.spec ?? {};
    const configuration = (message: string): Obstacle => ({
      reason: 'InvalidConfiguration',
      severity: 'Error',
      message,
    });
    if (networkType !== 'kube-ovn')
      return configuration(`networkType ${JSON.stringify(networkType)} is not supported, expected kube-ovn`);
    if (!balancer || balancer.type !== 'external')
      return configuration(
        `controlPlaneLoadBalancer.type ${JSON.stringify(balancer?.type)} is not supported, expected external`,
      );
    const credentials = await readCredentials(this.environment, { name: credentialSecretRef?.name ?? '', namespace }, [
      'authUser',
      'authKey',
      'endpoint',
    ]);
    if (isObstacle(credentials)) return credentials;
    const { endpoint, authUser, userType = '' } = credentials as Record<string, string>;
    if (!['', 'interconnect', 'domain'].includes(userType.toLowerCase()))
      return configuration(`userType ${JSON.stringify(userType)} is not one of interconnect, domain`);
    if (!/^https?:\/\//.test(endpoint ?? ''))
      return configuration(`endpoint ${JSON.stringify(endpoint)} does not start with http:// or https://`);
    if ((object.spec?.site ?? credentials['site'] ?? '') === '')
      return configuration('site is set neither in spec.site nor in the credential Secret');
    if (encryptionProviderConfigRef && encryptionProviderConfigRef.name !== '') {
      const secret = await client.find<Secret>(
        resources.secrets,
        { name: encryptionProviderConfigRef.name, namespace },
        signal,
      );
      if (secret?.data?.['encryption-provider.conf'] === undefined)
        return {
          ...configuration(`Secret ${encryptionProviderConfigRef.name} has no key encryption-provider.conf`),
          retryAfterMs: RETRY_MS,
        };
    }
    iaas.login(endpoint ?? '', authUser ?? '');
    const wanted = object.spec?.controlPlaneEndpoint ?? { host: balancer.host, port: balancer.port };
    object.spec = { ...object.spec, controlPlaneEndpoint: wanted };
    await externalBalancer(this.environment, cluster, balancer.host);
    return wanted;
  }

  protected override async deploysKubeProxy(cluster: Cluster): Promise<boolean> {
    const controlPlane = await controlPlaneOf(this.environment, cluster);
    return !(SKIP_KUBE_PROXY in (controlPlane?.metadata.annotations ?? {}));
  }

  protected withdraw(object: DcsCluster): Promise<void> {
    releaseBalancer(this.environment, object.spec?.controlPlaneLoadBalancer?.host);
    return Promise.resolve();
  }
}
