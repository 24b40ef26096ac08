import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube/index.ts';
import { exampleProviders, exampleSite } from './example-sites.fixture.ts';
import { providerOf, providers, supportedProviders } from './index.ts';

function waiting(kind: string, reason: string, message = ''): KubeObject {
  const condition = { type: 'Ready', status: 'False', reason, message };
  return { apiVersion: 'v1', kind, metadata: { name: 'm' }, status: { conditions: [condition] } };
}

const providerNamed = (id: string) => providerOf({ provider: id });

describe('the list of providers', () => {
  it('has bare metal from the first day, as planned', () => {
    expect(providers.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'dcs supported',
      'vsphere supported',
      'hcs supported',
      'baremetal planned',
    ]);
    expect(() => providerOf({ provider: 'baremetal' })).toThrow(
      expect.objectContaining({ code: 'SITE_PROVIDER_PLANNED' }) as Error,
    );
  });

  it('agrees with itself: the kinds that are awaited and imported are those of the provider', () => {
    for (const { kinds, crds, package: pack, id, files } of supportedProviders) {
      const plurals = [...crds.awaited, ...crds.delivered].map((name) => name.split('.')[0]);
      for (const { plural } of [kinds.cluster, kinds.machine, kinds.machineTemplate, kinds.pool])
        expect(plurals).toContain(plural);
      expect(pack.chart).toBe(`ait/chart-cluster-api-provider-${id}`);
      expect(files.appReleases).toBe(`root/yamls/${id}-provider-appreleases.yaml`);
    }
  });

  it.each(exampleProviders)('knows where %s must be reachable', (id) => {
    const { site } = exampleSite(id);
    const routes = providerNamed(id).routes(site);
    expect(routes.map(({ host }) => host)).toContain(site.network.controlPlaneVIP);
    for (const { host, port } of routes) {
      expect(host).not.toMatch(/[/:]/);
      expect(port).toBeGreaterThan(0);
    }
  });
});

describe('reading a failure', () => {
  it.each([
    ['dcs', 'invalid format, expected ignition, got cloud-config', /ignition/],
    ['dcs', 'login failed: errorCode: 10100116', /locked/],
    ['dcs', 'errorCode 102212808: DeleteVm rejected by FC site policy, requeuing', /still runs/],
    ['hcs', 'ignition format is not supported', /ignition/],
    ['hcs', 'disk error: mount-path conflict at /var/cpaas', /mount path/],
    ['vsphere', 'insufficient disk available on datastore-1', /full/],
    [
      'vsphere',
      'VSphereMachineTemplate spec.template.spec field is immutable. Please create a new resource instead.',
      /in place/,
    ],
    ['dcs', 'dial tcp 10.10.20.10:6443: connect: connection refused', /does not answer/],
    ['hcs', '401 Unauthorized', /credentials/],
  ])('of %s from its words: %s', (id, words, cause) => {
    const reading = providerNamed(id).readFailure({ object: waiting('Machine', 'Failed', words) });
    expect(reading?.cause).toMatch(cause);
    expect(reading?.cure).not.toBe('');
  });

  it('goes by the reason of a condition that is not true', () => {
    const vsphere = providerNamed('vsphere');
    expect(vsphere.readFailure({ object: waiting('VSphereMachine', 'NoAvailableSlots') })?.cause).toMatch(
      /no free slot/,
    );
    const ready = waiting('VSphereMachine', 'NoAvailableSlots');
    const [condition] = (ready['status'] as { conditions: { status: string }[] }).conditions;
    if (condition) condition.status = 'True';
    expect(vsphere.readFailure({ object: ready })).toBeUndefined();
  });

  it('takes events and log lines into account', () => {
    const evidence = { object: waiting('DCSMachine', 'Provisioning'), messages: ['errorCode: 10000002'] };
    expect(providerNamed('dcs').readFailure(evidence)?.cause).toMatch(/session/);
  });

  it('says nothing when no sign is known', () => {
    expect(providerNamed('hcs').readFailure({ object: waiting('HCSMachine', 'Mystery', 'gremlins') })).toBeUndefined();
  });
});
