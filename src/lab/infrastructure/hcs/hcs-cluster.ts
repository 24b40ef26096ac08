import { resources } from '../../../kube/index.ts';
import type { Cluster, Endpoint, Secret } from '../../capi/index.ts';
import { InfrastructureClusterReconciler } from '../cluster-flow.ts';
import { controlPlaneBackends } from '../external-balancer.ts';
import { isObstacle, readCredentials, RETRY_MS, type Obstacle } from '../provider-environment.ts';
import type { HcsCluster } from './objects.ts';

const API_PORT = 6443;
/** Registry and console, etcd sync of disaster recovery, web: only an infra cluster of exactly this name gets them. */
const PLATFORM_PORTS = [11443, 2379, 443] as const;
const PLATFORM_CLUSTER = 'global';

/** HCSCluster: a project's network, and an elastic load balancer that the provider makes. */
export class HcsClusterReconciler extends InfrastructureClusterReconciler<HcsCluster> {
  readonly name = 'hcscluster-controller';
  readonly resource = resources.hcsClusters;
  protected readonly conditionType = 'ClusterReady';

  protected async provide(object: HcsCluster, cluster: Cluster): Promise<Endpoint | Obstacle> {
    const { iaas, random, client, signal } = this.environment;
    const { namespace = '', name = '' } = object.metadata;
    const {
      networkType,
      identityRef,
      controlPlaneLoadBalancer: balancer,
      encryptionProviderConfigRef,
    } = object.spec ?? {};
    const invalid = (message: string): Obstacle => ({ reason: 'InvalidConfiguration', severity: 'Error', message });
    if (networkType !== 'kube-ovn')
      return invalid(`networkType ${JSON.stringify(networkType)} is not supported, expected kube-ovn`);
    const credentials = await readCredentials(this.environment, { name: identityRef?.name ?? '', namespace }, [
      'accessKey',
      'secretKey',
      'projectID',
      'region',
      'externalGlobalDomain',
    ]);
    if (isObstacle(credentials)) return credentials;
    const schema = credentials['schema'] ?? 'https';
    if (schema !== 'https' && schema !== 'http')
      return invalid(`schema ${JSON.stringify(schema)} is not one of https, http`);
    const problem = networkProblem(object);
    if (problem !== undefined) return invalid(problem);
    if (encryptionProviderConfigRef && encryptionProviderConfigRef.name !== '') {
      const ref = { name: encryptionProviderConfigRef.name, namespace };
      if (!(await client.find<Secret>(resources.secrets, ref, signal)))
        return { ...invalid(`secrets "${ref.name}" not found`), retryAfterMs: RETRY_MS };
    }
    iaas.login(`${schema}://${credentials.externalGlobalDomain}`, credentials.accessKey);
    const host = balancer?.vipAddress ?? '';
    const endpoint = { host: balancer?.vipDomainName ?? host, port: API_PORT };
    const elb = iaas.ensureBalancer(host, controlPlaneBackends(this.environment, cluster, [host, endpoint.host]));
    const ports = name === PLATFORM_CLUSTER ? [API_PORT, ...PLATFORM_PORTS] : [API_PORT];
    for (const port of ports) elb.listen(port);
    object.spec = {
      ...object.spec,
      controlPlaneEndpoint: endpoint,
      controlPlaneLoadBalancer: {
        ...balancer,
        id: balancer?.id ?? random.uuid('hcs-elb', namespace, name),
        liseners: ports.map((protocolPort) => ({
          id: random.uuid('hcs-listener', namespace, name, protocolPort),
          protocolPort,
        })),
      },
    };
    return endpoint;
  }

  protected withdraw(object: HcsCluster): Promise<void> {
    const host = object.spec?.controlPlaneLoadBalancer?.vipAddress;
    if (host !== undefined) this.environment.iaas.deleteBalancer(host);
    return Promise.resolve();
  }
}

/** What the platform would refuse about VPC, subnets, security group and balancer; undefined when all is there. */
export function networkProblem(object: HcsCluster): string | undefined {
  const { network, controlPlaneLoadBalancer: balancer } = object.spec ?? {};
  if ((network?.vpc?.name ?? '') === '') return 'network.vpc.name is empty';
  if ((network?.securityGroup?.name ?? '') === '') return 'network.securityGroup.name is empty';
  const listed = new Set((network?.subnets ?? []).map((s) => s.name));
  if (!balancer || (balancer.vipAddress ?? '') === '') return 'controlPlaneLoadBalancer.vipAddress is empty';
  const used = [
    balancer.vipSubnetName,
    ...[...(balancer.elbVirsubnetL4Ips ?? []), ...(balancer.elbVirsubnetL7Ips ?? [])].map((e) => e.subnetName),
  ];
  const absent = used.find((name) => !listed.has(name));
  if (used.some((name) => !listed.has(name)))
    return `subnet ${JSON.stringify(absent)} is not listed in network.subnets`;
  for (const [field, entries] of [
    ['elbVirsubnetL4Ips', balancer.elbVirsubnetL4Ips],
    ['elbVirsubnetL7Ips', balancer.elbVirsubnetL7Ips],
  ] as const) {
    if (!entries || entries.length === 0) return `controlPlaneLoadBalancer.${field} is empty`;
    const wrong = entries.find((e) => e.ips?.length !== 2);
    if (wrong) return `controlPlaneLoadBalancer.${field} of subnet ${wrong.subnetName ?? ''} must hold exactly two IPs`;
  }
  return undefined;
}
