import { apiVersionOf, resources, type KubeObject, type Resource } from '../../kube/index.ts';
import type { VsphereSite } from './site.ts';

const clusterScoped = (resource: Resource, name: string, spec: Record<string, unknown>): KubeObject => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: { name },
  spec,
});

/** A failure domain and its deployment zone for each entry of the site; none without entries (vsphere.md §4). */
export function failureDomainObjects(site: VsphereSite): KubeObject[] {
  return (site.vsphere.failureDomains ?? []).flatMap((domain) => [
    clusterScoped(resources.vsphereFailureDomains, domain.name, {
      region: { name: domain.region, type: 'Datacenter', tagCategory: 'k8s-region', autoConfigure: true },
      zone: { name: domain.zone, type: 'ComputeCluster', tagCategory: 'k8s-zone', autoConfigure: true },
      topology: {
        datacenter: domain.datacenter,
        computeCluster: domain.computeCluster,
        datastore: domain.datastore,
        networks: [...domain.networks],
      },
    }),
    clusterScoped(resources.vsphereDeploymentZones, domain.name, {
      server: site.vsphere.server,
      failureDomain: domain.name,
      controlPlane: domain.controlPlane,
      placementConstraint: {
        resourcePool: domain.resourcePool ?? `/${domain.datacenter}/host/${domain.computeCluster}/Resources`,
      },
    }),
  ]);
}
