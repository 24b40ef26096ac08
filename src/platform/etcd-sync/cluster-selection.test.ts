import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../etcd/index.ts';
import { ClusterSelection } from './cluster-selection.ts';
import { selectionRules } from './rules.ts';

const CAPI = 'cluster.x-k8s.io';
const INFRA = `infrastructure.${CAPI}`;
const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const secret = (name: string): string => `/registry/secrets/cpaas-system/${name}`;

interface Given {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly spec?: unknown;
}

function keyOf({ group = CAPI, kind, name }: Given): string {
  return `/registry/${group}/${kind.toLowerCase()}s/cpaas-system/${name}`;
}

function event(given: Given, type: WatchEvent['type'] = 'put'): WatchEvent {
  const { group = CAPI, kind, name, owner, spec } = given;
  const ownerReferences = owner && [{ apiVersion: `${CAPI}/v1beta1`, uid: '1', ...owner }];
  const object = { apiVersion: `${group}/v1beta1`, kind, metadata: { name, ownerReferences }, spec };
  const value = type === 'put' ? bytes(JSON.stringify(object)) : bytes('');
  return { type, kv: { key: bytes(keyOf(given)), value, createRevision: 1, modRevision: 1, version: 1, lease: '0' } };
}

function selection(secrets = true): { readonly selection: ClusterSelection; readonly has: (key: string) => boolean } {
  const selected = new ClusterSelection(selectionRules({ secrets }));
  return { selection: selected, has: (key) => selected.has(bytes(key)) };
}

const turned = (keys: readonly Uint8Array[]): string[] => keys.map((key) => Buffer.from(key).toString('utf8')).sort();

describe('the selection outside of cpaas-system', () => {
  it('takes what lies in namespaces of tenants, but for what is bound to nodes, network and volumes', () => {
    const { has } = selection();
    expect(has('/registry/namespaces/shop')).toBe(true);
    expect(has('/registry/configmaps/shop/settings')).toBe(true);
    expect(has('/registry/secrets/shop/login')).toBe(true);
    expect(has('/registry/deployments/shop/web')).toBe(true);
    expect(has('/registry/example.org/things/shop/a')).toBe(true);
    for (const key of ['pods/shop/web-1', 'services/specs/shop/web', 'services/endpoints/shop/web', 'leases/shop/l'])
      expect(has(`/registry/${key}`), key).toBe(false);
    for (const key of ['persistentvolumeclaims/shop/data', 'events/shop/e', 'kubeovn.io/ips/shop/i'])
      expect(has(`/registry/${key}`), key).toBe(false);
  });

  it('leaves the namespaces of the guide alone, the namespaces themselves included', () => {
    const { has } = selection();
    for (const namespace of ['cpaas-system', 'kube-system', 'default', 'cert-manager', 'operators']) {
      expect(has(`/registry/namespaces/${namespace}`), namespace).toBe(false);
      expect(has(`/registry/configmaps/${namespace}/x`), namespace).toBe(false);
      expect(has(`/registry/example.org/things/${namespace}/x`), namespace).toBe(false);
    }
  });

  it('takes custom resources of the whole cluster, but not a side’s own; of built-in ones only namespaces', () => {
    const { has } = selection();
    expect(has('/registry/auth.alauda.io/users/admin')).toBe(true);
    expect(has('/registry/platform.tkestack.io/clusters/shop')).toBe(true);
    expect(has('/registry/platform.tkestack.io/clusters/global')).toBe(false);
    for (const key of ['minions/node-1', 'clusterroles/admin', 'masterleases/192.0.2.1', 'ranges/serviceips'])
      expect(has(`/registry/${key}`), key).toBe(false);
    for (const key of ['cluster.alauda.io/moduleinfoes/x', 'apiextensions.k8s.io/customresourcedefinitions/x'])
      expect(has(`/registry/${key}`), key).toBe(false);
    expect(has('/globalctl/etcd-sync/checkpoint')).toBe(false);
    expect(has('compact_rev_key')).toBe(false);
  });
});

describe('the selection inside of cpaas-system', () => {
  it('goes by name, prefix and owner', () => {
    const { selection: selected, has } = selection();
    const objects: Given[] = [
      { kind: 'Cluster', name: 'global' },
      { kind: 'Cluster', name: 'shop' },
      { group: INFRA, kind: 'DCSCluster', name: 'global' },
      { kind: 'MachineDeployment', name: 'global-md', owner: { kind: 'Cluster', name: 'global' } },
      { kind: 'MachineSet', name: 'set', owner: { kind: 'MachineDeployment', name: 'global-md' } },
      { kind: 'MachineDeployment', name: 'workers', owner: { kind: 'Cluster', name: 'global' } },
    ];
    for (const object of objects) selected.apply(event(object));
    expect(objects.filter((object) => has(keyOf(object))).map(({ name }) => name)).toEqual(['shop', 'workers']);
    expect(objects.filter((object) => selected.keeps(bytes(keyOf(object)))).map(({ name }) => name)).toEqual([
      'global',
      'global',
      'global-md',
      'set',
    ]);
    for (const other of ['configmaps/cpaas-system/x', 'example.org/things/cpaas-system/x'])
      expect(has(`/registry/${other}`)).toBe(false);
  });

  it('tells of what changes sides when an owner comes or goes', () => {
    const { selection: selected, has } = selection();
    const machine: Given = { kind: 'Machine', name: 'm', owner: { kind: 'MachineSet', name: 'set' } };
    selected.apply(event(machine));
    expect(has(keyOf(machine))).toBe(true);
    const set: Given = { kind: 'MachineSet', name: 'set', owner: { kind: 'MachineDeployment', name: 'global-md' } };
    expect(turned(selected.apply(event(set)))).toEqual([]);
    const deployment: Given = { kind: 'MachineDeployment', name: 'global-md' };
    expect(turned(selected.apply(event(deployment)))).toEqual([keyOf(machine), keyOf(set)].sort());
    expect(has(keyOf(machine))).toBe(false);
    expect(turned(selected.apply(event(deployment, 'delete')))).toEqual([keyOf(machine), keyOf(set)].sort());
    expect(has(keyOf(machine))).toBe(true);
  });

  it('takes the Secrets that workload clusters need: their own, credentials and bootstrap data', () => {
    const { selection: selected, has } = selection();
    const cluster: Given = { kind: 'Cluster', name: 'shop' };
    expect(turned(selected.apply(event(cluster)))).toEqual(
      ['ca', 'etcd', 'kubeconfig', 'proxy', 'sa'].map((suffix) => secret(`shop-${suffix}`)),
    );
    const infra: Given = {
      group: INFRA,
      kind: 'VSphereCluster',
      name: 'shop',
      spec: { identityRef: { kind: 'Secret', name: 'vc' } },
    };
    expect(turned(selected.apply(event(infra)))).toEqual([secret('vc')]);
    const machine: Given = { kind: 'Machine', name: 'm', spec: { bootstrap: { dataSecretName: 'boot' } } };
    expect(turned(selected.apply(event(machine)))).toEqual([secret('boot')]);
    expect(['shop-ca', 'vc', 'boot', 'stray'].filter((name) => has(secret(name)))).toEqual(['shop-ca', 'vc', 'boot']);
    expect(turned(selected.apply(event(machine, 'delete')))).toEqual([secret('boot')]);
    expect(has(secret('boot'))).toBe(false);
  });

  it('leaves a Secret alone that global needs as well, or that carries its prefix', () => {
    const { selection: selected, has } = selection();
    const infra = (name: string, identity: string): Given => ({
      ...{ group: INFRA, kind: 'HCSCluster', name, spec: { identityRef: { name: identity } } },
    });
    selected.apply(event(infra('shop', 'shared')));
    expect(has(secret('shared'))).toBe(true);
    expect(turned(selected.apply(event(infra('global', 'shared'))))).toEqual([secret('shared')]);
    expect(has(secret('shared'))).toBe(false);
    expect(selected.keeps(bytes(secret('shared')))).toBe(true);
    selected.apply(event(infra('store', 'global-credentials')));
    expect(has(secret('global-credentials'))).toBe(false);
  });

  it('says when a Secret would take part, while none does', () => {
    let told = 0;
    const selected = new ClusterSelection(selectionRules({ secrets: false }), () => told++);
    expect(selected.apply(event({ kind: 'Cluster', name: 'shop' }))).toEqual([]);
    expect(told).toBe(1);
    expect(selected.has(bytes(secret('shop-ca')))).toBe(false);
    expect(told).toBe(2);
    expect(selected.has(bytes('/registry/secrets/tenant/login'))).toBe(false);
    expect(selected.has(bytes(secret('another')))).toBe(false);
    expect(told).toBe(3);
  });
});
