import { beforeAll, expect, it } from 'vitest';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

describeWithKubectl('nodes and events', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('nodes');
  });

  it('shows nodes as they are', async () => {
    expect(await kubectl.out('get nodes -o wide')).toMatch(
      /control-0\s+Ready\s+control-plane\s+\d+s\s+v1\.33\.7\s+192\.0\.2\.10\s+<none>\s+\S+\s+\S+\s+containerd:/,
    );
    const described = await kubectl.out('describe node control-0');
    expect(described).toMatch(/Taints:\s+node-role\.kubernetes\.io\/control-plane:NoSchedule/);
    expect(described).toMatch(/Lease:\n\s+HolderIdentity:\s+control-0\n[^]*RenewTime:\s+\w{3}, /);
    expect(described).toMatch(/Ready\s+True\s+.*KubeletReady\s+kubelet is posting ready status/);
    expect(described).toMatch(/Allocatable:\n\s+cpu:\s+8\n[^]*memory:\s+16284Mi/);
    expect(described).toMatch(/kube-system\s+kube-apiserver-control-0/);
    expect(described).toMatch(/Normal\s+Starting\s+.*kubelet\s+Starting kubelet\.\n\s+Normal\s+NodeReady/);
    expect(await kubectl.out('get leases -n kube-node-lease')).toMatch(/worker-0\s+worker-0/);
  });

  it('cordons, drains and takes a node back', async () => {
    await kubectl.out('create deployment web --image=nginx:1 --replicas=4');
    await kubectl.out('rollout status deployment/web --timeout=20s');
    await kubectl.out('run alone --image=nginx:1 --overrides={"spec":{"nodeName":"worker-0"}}');
    expect(await kubectl.out('cordon worker-0')).toBe('node/worker-0 cordoned\n');
    expect(await kubectl.out('get node worker-0')).toMatch(/Ready,SchedulingDisabled/);
    await kubectl.out(
      'wait node/worker-0 --for=jsonpath={.spec.taints[0].key}=node.kubernetes.io/unschedulable --timeout=20s',
    );
    expect(await kubectl.refusal('drain worker-0 --timeout=20s')).toMatch(
      /cannot delete Pods (that )?declare no controller \(use --force to override\): nodes\/alone/,
    );
    const drained = await kubectl.run('drain worker-0 --force --timeout=30s');
    expect(drained.stdout).toMatch(/evicting pod nodes\/alone[^]*node\/worker-0 drained/);
    await kubectl.out('rollout status deployment/web --timeout=20s');
    expect(await kubectl.out('get pods --field-selector=spec.nodeName=worker-0 -o name')).toBe('');
    expect(await kubectl.out('uncordon worker-0')).toBe('node/worker-0 uncordoned\n');
    await kubectl.out('delete deployment web --cascade=foreground');
  });

  it('drains no further than a disruption budget allows', async () => {
    await kubectl.out('create deployment shop --image=nginx:1 --replicas=2');
    await kubectl.out('create poddisruptionbudget shop --selector=app=shop --min-available=2');
    await kubectl.out('rollout status deployment/shop --timeout=20s');
    await kubectl.out('wait pdb/shop --for=jsonpath={.status.currentHealthy}=2 --timeout=20s');
    expect(await kubectl.out('get pdb shop')).toMatch(/shop\s+2\s+N\/A\s+0/);
    const held = await kubectl.run('drain worker-0 worker-1 --timeout=2s');
    expect(held.code).toBe(1);
    expect(held.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    await kubectl.out('uncordon worker-0 worker-1');
    await kubectl.out(['patch', 'pdb', 'shop', '-p', '{"spec":{"minAvailable":1}}']);
    await kubectl.out('wait pdb/shop --for=jsonpath={.status.disruptionsAllowed}=1 --timeout=20s');
    await kubectl.out('delete deployment/shop pdb/shop');
  });

  it('keeps Pods off a tainted node, and drives them away', async () => {
    await kubectl.out('create deployment fled --image=nginx:1 --replicas=2');
    await kubectl.out('rollout status deployment/fled --timeout=20s');
    expect(await kubectl.out('taint node worker-1 broken=yes:NoExecute')).toBe('node/worker-1 tainted\n');
    await kubectl.out('wait pods --field-selector=spec.nodeName=worker-1 --for=delete --timeout=20s');
    await kubectl.out('rollout status deployment/fled --timeout=20s');
    expect(await kubectl.out('get pods -l app=fled -o wide')).not.toContain('worker-1');
    expect(await kubectl.out('taint node worker-1 broken-')).toBe('node/worker-1 untainted\n');
  });

  it('says why a Pod has no place', async () => {
    await kubectl.out(['run', 'nowhere', '--image=nginx:1', '--overrides={"spec":{"nodeSelector":{"disk":"ssd"}}}']);
    await kubectl.out('wait pod/nowhere --for=jsonpath={.status.conditions[0].reason}=Unschedulable --timeout=20s');
    expect(await kubectl.out('get pod nowhere')).toMatch(/nowhere\s+0\/1\s+Pending/);
    expect(await kubectl.out('describe pod nowhere')).toMatch(
      /Warning\s+FailedScheduling\s+.*default-scheduler\s+0\/3 nodes are available: 1 node\(s\) had untolerated taint.*2 node\(s\) didn't match Pod's node affinity\/selector/,
    );
  });

  it('lists events of an object, of a type, and as they come', async () => {
    await kubectl.out('run seen --image=nginx:1');
    await kubectl.out('wait pod/seen --for=condition=Ready --timeout=20s');
    const events = await kubectl.out('events --for=pod/seen');
    expect(events).toMatch(/Scheduled[^]*Pulled[^]*Created[^]*Started/);
    expect(await kubectl.out('get events --field-selector=involvedObject.name=seen,reason=Started')).toMatch(
      /Normal\s+Started\s+pod\/seen\s+Started container seen/,
    );
    expect(await kubectl.out('events --types=Warning')).toContain('FailedScheduling');
  });

  it('says that there are no metrics', async () => {
    expect(await kubectl.refusal('top nodes')).toContain('Metrics API not available');
    expect(await kubectl.refusal('top pods')).toContain('Metrics API not available');
  });
});
