import { describe, expect, it } from 'vitest';
import { exampleProviders, exampleSite, type ExampleProvider } from '../../providers/example-sites.fixture.ts';
import { readManifest, renderSite, writeManifest } from '../../manifests/index.ts';
import { viewsOf } from '../scope/index.ts';
import { failoverReport, failoverText } from './index.ts';

async function reportOf(provider: ExampleProvider, change: (text: string) => string = (text) => text) {
  const { manifest } = await renderSite(exampleSite(provider), { secrets: 'stand-in' });
  const objects = readManifest('m.yaml', change(writeManifest(manifest)));
  return failoverReport(viewsOf({ objects }).flatMap(({ views }) => views));
}

describe('what a failover would do', () => {
  it.each(exampleProviders)('a rendered manifest of %s is taken for what it is', async (provider) => {
    const report = await reportOf(provider);
    expect(report).toMatchObject({ safe: true, lostMachines: [] });
    expect(report.objects.length).toBeGreaterThan(8);
    expect(new Set(report.objects.map(({ seenAs }) => seenAs))).toEqual(new Set(['global']));
  });

  it.each([
    ['dcs', 'global-worker-pool', 'worker-pool'],
    ['vsphere', 'global-worker', 'worker'],
    ['hcs', 'global-md-0', 'md-0'],
  ] as const)('%s loses the workers and no other when %s has no prefix', async (provider, name, bare) => {
    const exact = new RegExp(`name: ${name}$`, 'gm');
    const { lostMachines, safe } = await reportOf(provider, (text) => text.replace(exact, `name: ${bare}`));
    expect(safe).toBe(false);
    expect(lostMachines.map(({ hostname }) => hostname)).toEqual(['global-worker-1', 'global-worker-2']);
    expect(lostMachines[0]?.because.join()).toContain(bare);
    expect(lostMachines[0]?.ip).toMatch(/^10\.\d+\.\d+\.21$/);
  });

  it('loses every machine when the infra cluster has another name', async () => {
    const { lostMachines } = await reportOf('hcs', (text) =>
      text
        .replace('kind: HCSCluster\nmetadata:\n  name: global', 'kind: HCSCluster\nmetadata:\n  name: hcs')
        .replace('kind: HCSCluster\n    name: global', 'kind: HCSCluster\n    name: hcs'),
    );
    expect(lostMachines).toHaveLength(5);
  });

  it('does not count idle entries of a pool as machines', async () => {
    const { lostMachines } = await reportOf('dcs', (text) =>
      text.replaceAll('global-kcp', 'kcp').replace('replicas: 3', 'replicas: 1'),
    );
    expect(lostMachines.map(({ pool, slot }) => `${pool} ${String(slot)}`)).toEqual(['global-cp-pool 0']);
  });

  it('shows what a workload cluster has under the prefix', async () => {
    const objects = readManifest(
      'w.yaml',
      `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: { name: shop, namespace: cpaas-system }
spec:
  controlPlaneRef: { apiVersion: controlplane.cluster.x-k8s.io/v1beta1, kind: KubeadmControlPlane, name: global-shop-kcp }
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata: { name: global-shop-kcp, namespace: cpaas-system }
spec: { replicas: 3, version: v1.33.7-2 }
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: { name: md-a, namespace: cpaas-system }
spec: { clusterName: shop, replicas: 1 }
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: { name: md-b, namespace: cpaas-system }
spec: { clusterName: shop, replicas: 1 }
`,
    );
    const report = failoverReport(viewsOf({ objects }).flatMap(({ views }) => views));
    expect(report.objects.find(({ kind }) => kind === 'KubeadmControlPlane')).toMatchObject({
      belongsTo: 'workload',
      cluster: 'shop',
      seenAs: 'global',
      danger: 'left out',
    });
    expect(failoverText(report)).toContain('is not carried over');
  });

  it('is a table with a sentence below, for people', async () => {
    const text = failoverText(await reportOf('dcs', (text) => text.replaceAll('global-kcp', 'kcp')));
    expect(text).toMatch(/^OBJECT +NAME +BELONGS TO +SEEN AS +BY +AT A FAILOVER$/m);
    expect(text).toMatch(/^KubeadmControlPlane +kcp +global +workload +no prefix +its machines are deleted$/m);
    expect(text).toMatch(
      /^global-cp-1 +10\.10\.20\.11 +global-cp-pool\[0\] +KubeadmControlPlane kcp +KubeadmControlPlane kcp$/m,
    );
    expect(text).toContain('A failover would delete 3 machines of the standby side: one object of global');
  });
});
