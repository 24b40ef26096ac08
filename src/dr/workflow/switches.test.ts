import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../../kube/index.ts';
import { consistent, TwoSides } from '../../../test/rigs/dr/two-sides.ts';
import { vipOf } from '../pair.ts';
import { statusOfPair } from '../status.ts';
import { FENCED, isPaused } from './fence.ts';
import { failback, failover, installPair, previewSwitch, switchover } from './index.ts';

let rig: TwoSides;

beforeEach(async () => {
  rig = await TwoSides.start();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Both sides as an installation leaves them, but without the Pods that the lab's machines would run. */
async function synchronise(): Promise<void> {
  await installPair(rig.run());
}

const gate = () => rig.has('standby', resources.configMaps, 'etcd-sync-gate');
const missed = {
  ...consistent,
  body: {
    ...consistent.body,
    consistent: false,
    counts: { missed: 1, surplus: 1, unlike: 0 },
    missed: ['/registry/configmaps/shop/new'],
    surplus: ['/registry/configmaps/shop/old'],
  },
};

describe('installing both sides that stand', () => {
  it('synchronises with the guide’s ModuleInfo, and leads the domain back to the primary', async () => {
    await synchronise();
    const module = await rig.sides.standby.client.get(resources.moduleInfoes, { name: 'global-etcd-sync' });
    expect(module.metadata.labels).toEqual({
      'cpaas.io/cluster-name': 'global',
      'cpaas.io/module-name': 'etcd-sync',
      'cpaas.io/module-type': 'plugin',
    });
    expect(module['spec']).toEqual({
      version: 'v4.2.2',
      config: {
        monitor_check_interval: 1,
        detail: false,
        active_cluster_vip: vipOf(rig.pair, 'primary'),
        active_cluster_token: Buffer.from('token-of-primary').toString('base64'),
      },
    });
    expect(await rig.has('primary', resources.moduleInfoes, 'global-etcd-sync')).toBe(false);
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'primary'));
    expect(JSON.stringify(rig.events)).not.toContain('token-of-primary');
    // Again, nothing is left to do but to look.
    rig.events.length = 0;
    await synchronise();
    expect(rig.events.filter(({ type }) => type === 'effect')).toHaveLength(6);
    expect(rig.events.every((event) => event.type !== 'effect' || event.phase === 'observed')).toBe(true);
  });
});

describe('a switchover', () => {
  it('fences, stops the synchronizer, promotes, and lets the former active side follow', async () => {
    await synchronise();
    const state = await switchover(rig.run());
    expect(state).toMatchObject({ id: 'switchover-1', from: 'primary', to: 'standby' });
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'standby'));
    expect(await gate()).toBe(false);
    expect(await rig.has('primary', resources.configMaps, 'etcd-sync-gate')).toBe(true);
    const [now, former] = [await rig.shop('standby'), await rig.shop('primary')];
    expect([isPaused(now), now.metadata.annotations?.[FENCED]]).toEqual([false, undefined]);
    expect(isPaused(former)).toBe(false);
    const { sides, domain } = await statusOfPair(rig.run());
    expect(sides.map(({ side, role }) => `${side} ${role}`)).toEqual(['primary standby', 'standby active']);
    expect(domain.leadsTo).toBe('standby');
    // And back, the other way round.
    expect(await switchover(rig.run())).toMatchObject({ id: 'switchover-2', from: 'standby', to: 'primary' });
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'primary'));
  });

  it('leaves a cluster paused that a person had paused', async () => {
    await synchronise();
    for (const side of ['primary', 'standby'] as const) {
      await rig.sides[side].make(resources.clusters, 'resting', { spec: { paused: true } });
    }
    await switchover(rig.run());
    const resting = await rig.sides.standby.client.get(resources.clusters, {
      name: 'resting',
      namespace: 'cpaas-system',
    });
    expect(isPaused(resting)).toBe(true);
  });

  it.each([
    [
      'missed and surplus keys',
      (): void => {
        rig.answer = missed;
      },
      ['missed: /registry/configmaps/shop/new', 'surplus: /registry/configmaps/shop/old'],
    ],
    [
      'Secrets that are held back',
      (): void => {
        const secrets = { state: 'held', reason: 'other key' };
        rig.answer = { ...consistent, body: { ...consistent.body, secrets } };
      },
      ['Secrets are held back: other key'],
    ],
    [
      'a machine that does not run',
      (): Promise<void> => rig.sides.primary.machine('shop-md-1', 'shop', 'Provisioning'),
      ['Provisioning: Machine cpaas-system/shop-md-1 of cluster shop, virtual machine dcs://shop-md-1'],
    ],
    [
      'an unprefixed object of global, whose machines would be deleted',
      async (): Promise<void> => {
        await rig.sides.standby.make(resources.machineDeployments, 'workers', {
          spec: {
            clusterName: 'global',
            selector: {},
            template: { spec: { clusterName: 'global', bootstrap: {}, infrastructureRef: {} } },
          },
        });
        await rig.sides.standby.machine('workers-1', 'global');
      },
      [
        'no prefix: MachineDeployment cpaas-system/workers',
        'would be deleted: Machine cpaas-system/workers-1 of cluster global',
      ],
    ],
  ] as const)('is stopped by %s, lists it and changes nothing', async (_what, spoil, listed) => {
    await synchronise();
    await spoil();
    const failure = await switchover(rig.run()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DR_GATE_CLOSED' });
    const { found = '' } = (failure as { details: { found?: string } }).details;
    for (const line of listed) expect(found).toContain(line);
    expect(await gate()).toBe(true);
    expect(isPaused(await rig.shop('primary'))).toBe(false);
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'primary'));
  });

  it('goes on where it stopped when the domain was not switched in time', async () => {
    await synchronise();
    const stuck = rig.run({ domain: { hook: [process.execPath, '-e', 'process.exit(3)'] } });
    await expect(switchover(stuck)).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    expect(await gate()).toBe(false);
    expect((await statusOfPair(rig.run())).open).toMatchObject({ id: 'switchover-1' });
    // No synchronizer is left that a gate could ask: only the journal knows that it was passed.
    expect(await switchover(rig.run())).toMatchObject({ id: 'switchover-1', to: 'standby' });
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'standby'));
  });

  it('shows in a dry run what it would do and changes nothing', async () => {
    await synchronise();
    const { from, to, gates, steps } = await previewSwitch(rig.run(), 'switchover');
    expect([from, to]).toEqual(['primary', 'standby']);
    expect(gates.map(({ id, ok }) => `${id} ${String(ok)}`)).toEqual([
      'sync true',
      'machines-standby true',
      'prefix-standby true',
      'machines-primary true',
      'prefix-primary true',
    ]);
    const fence = steps.find(({ step }) => step === 'fence');
    expect(fence?.changes).toEqual([{ action: 'change', subject: 'spec.paused of Cluster cpaas-system/shop' }]);
    expect(isPaused(await rig.shop('primary'))).toBe(false);
    expect(await gate()).toBe(true);
  });
});

describe('a failover', () => {
  it('is refused while the active side answers', async () => {
    await synchronise();
    await expect(failover(rig.run(), { acceptGates: ['sync'] })).rejects.toMatchObject({ code: 'DR_GATE_CLOSED' });
    expect(await gate()).toBe(true);
  });

  it('is stopped without agreement to the loss', async () => {
    await synchronise();
    rig.sides.primary.up = false;
    await expect(failover(rig.run())).rejects.toMatchObject({ code: 'DR_GATE_CLOSED', details: { subject: 'sync' } });
    expect(await gate()).toBe(true);
  });

  it('makes the standby active with what it holds; a failback fences the returned side first and loses nothing', async () => {
    await synchronise();
    rig.sides.primary.up = false;
    const { sync } = await previewSwitch(rig.run(), 'failover', { acceptGates: ['sync'] });
    expect(sync).toMatchObject({ synced: { revision: 6 } });
    await failover(rig.run(), { acceptGates: ['sync'] });
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'standby'));
    expect(await gate()).toBe(false);

    await expect(failback(rig.run())).rejects.toThrow(/primary side does not answer yet/);
    rig.sides.primary.up = true;
    // Until the returned side follows, it must not work on workload clusters.
    const held = rig.run({ domain: { hook: [process.execPath, '-e', 'process.exit(3)'] } });
    await expect(failback(held)).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    const fencedAt = rig.events.findIndex(
      (event) => event.type === 'effect' && event.effect.includes('pause Cluster cpaas-system/shop on the primary'),
    );
    const syncedAt = rig.events.findIndex(
      (event) => event.type === 'effect' && event.effect.includes('ModuleInfo global-etcd-sync on the primary'),
    );
    expect(fencedAt).toBeGreaterThan(-1);
    expect(syncedAt).toBeGreaterThan(fencedAt);
    expect(await failback(rig.run())).toMatchObject({ id: 'failback-2', from: 'standby', to: 'primary' });
    expect(await rig.domain()).toBe(vipOf(rig.pair, 'primary'));
    expect(await gate()).toBe(true);
    expect(isPaused(await rig.shop('primary'))).toBe(false);
  });
});
