import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube/index.ts';
import { providerOf, type SupportedProvider } from '../providers/index.ts';
import { diagnose, formatDiagnosis, type DiagnoseOptions } from './diagnose.ts';
import { notTrue, object, stalledInventory } from './inventory.fixture.ts';
import type { Inventory } from './inventory.ts';

const dcs: SupportedProvider = providerOf({ provider: 'dcs' });

async function told(inventory: Inventory, more: Partial<DiagnoseOptions> = {}): Promise<string> {
  return formatDiagnosis(await diagnose({ provider: dcs, inventory, nowMs: 0, ...more }));
}

const empty: Inventory = {
  clusters: [],
  controlPlanes: [],
  machineDeployments: [],
  machines: [],
  bootstrapConfigs: [],
  infrastructure: [],
  events: [],
};

const release = (phase: string, message: string): KubeObject => ({
  ...object('AppRelease', 'cluster-api-provider-dcs', {
    spec: { source: { charts: [{ name: 'ait/chart-cluster-api-provider-dcs', targetRevision: 'v1.0.18' }] } },
    status: { charts: [{ phase, message, ...(phase === 'Success' && { installedRevision: 'v1.0.18' }) }] },
  }),
});

describe('the diagnosis of a stall', () => {
  it('names the AppRelease whose chart the registry does not have, and what to compare', async () => {
    const appReleases = [release('Failed', 'REGISTRY_NOT_FOUND: ait/chart-cluster-api-provider-dcs:v1.0.18 not found')];
    const text = await told(empty, { appReleases });
    expect(text).toContain('AppRelease cpaas-system/cluster-api-provider-dcs: phase Failed, revision none of v1.0.18');
    expect(text).toContain('cause: REGISTRY_NOT_FOUND: ait/chart-cluster-api-provider-dcs:v1.0.18 not found');
    expect(text).toMatch(/cure: .*versions in the site/);
  });

  it('says nothing about an AppRelease that is as it should be', async () => {
    expect(await told(empty, { appReleases: [release('Success', '')] })).toContain('no known stall matches');
  });

  it('names refused credentials that stop the infrastructure cluster before there is a machine', async () => {
    const infrastructure = [
      object('DCSCluster', 'global', {
        status: { conditions: [notTrue('Ready', 'PlatformUnavailable', '401 Unauthorized')] },
      }),
    ];
    const text = await told({ ...stalledInventory(), machines: [], infrastructure, events: [] });
    expect(text).toMatch(/^DCSCluster cpaas-system\/global is not ready\n {2}cause: The infrastructure API refuses/);
    expect(text).toContain('credential Secret');
  });

  it.each([
    ['PlatformRefused', 'quota exceeded', /no quota or no space/, /administrator/],
    ['WaitingForIPAllocation', 'the guest has not reported its addresses', /has not reported an address/, /console/],
    ['CreateFailed', 'the clone task failed', /CreateFailed: the clone task failed/, /tries again by itself/],
  ])('names cause and cure of a machine with %s', async (reason, message, cause, cure) => {
    const text = await told(stalledInventory(reason, message));
    expect(text).toMatch(cause);
    expect(text).toMatch(cure);
    expect(text).not.toContain('no known stall matches');
  });

  it('names the registry domain that leads nowhere, from what the installer says', async () => {
    const text = await told(empty, {
      registryDomain: 'registry.example.com:11443',
      installerError: 'REGISTRY_UNREACHABLE: the registry does not answer; getaddrinfo ENOTFOUND registry.example.com',
    });
    expect(text).toMatch(/cure: .*platform\.registryDomain.* registry\.example\.com:11443/);
  });

  it('finds no trouble in an installer that only says that it is there', async () => {
    const installerLog = ['2026-01-01T00:00:00.000Z INFO  [installer] ready for a request'];
    expect(await told(empty, { installerLog })).not.toContain('the installer reports trouble');
  });

  it('takes the warnings of installer.log when the installer does not answer', async () => {
    const text = await told(empty, {
      installerLog: [
        '2026-01-01T00:00:00.000Z INFO  [registry] Set up the platform registry: started',
        '2026-01-01T00:00:01.000Z WARN  [registry] attempt 1: getaddrinfo ENOTFOUND api.example.com',
        '2026-01-01T00:00:02.000Z INFO  [registry] waiting: the node',
      ],
    });
    expect(text).toContain('cause: 2026-01-01T00:00:01.000Z WARN');
    expect(text).toContain('give api.example.com an address in the DNS');
  });
});
