import { beforeAll, expect, it } from 'vitest';
import { GADGET_DEFINITION, gadget } from './gadget-definition.fixture.ts';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

describeWithKubectl('delete and wait', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('deleting');
  });
  const configMap = (name: string, more = ''): Promise<string> =>
    kubectl.out('apply -f -', `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}${more}}}`);
  const deployed = async (name: string): Promise<void> => {
    await kubectl.out(`create deployment ${name} --image=nginx:1 --replicas=1`);
    await kubectl.out(`rollout status deployment/${name} --timeout=20s`);
  };

  it('deletes by name, file, label, and all of a kind', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await configMap(name, ', labels: {part: x}');
    expect(await kubectl.out('delete configmap a')).toMatch(/^configmap "a" deleted/);
    expect(await kubectl.out('delete configmap b --dry-run=server')).toContain('(server dry run)');
    await kubectl.out('delete -f -', '{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}');
    expect(await kubectl.out('delete configmap -l part=x -o name')).toBe('configmap/c\nconfigmap/d\n');
    expect(await kubectl.refusal('delete configmap a')).toContain('configmaps "a" not found');
    expect(await kubectl.out('delete configmap a --ignore-not-found')).toBe('');
    await kubectl.out('create secret generic s1');
    await kubectl.out('create secret generic s2');
    await kubectl.out('delete secrets --all');
    expect(await kubectl.out('get secrets -o name')).toBe('');
  });

  it('deletes what is owned in the background, or before the owner', async () => {
    await deployed('back');
    await kubectl.out('delete deployment back --cascade=background');
    await kubectl.out('wait pods -l app=back --for=delete --timeout=20s');
    await deployed('front');
    await kubectl.out('delete deployment front --cascade=foreground --timeout=30s');
    expect(await kubectl.out('get replicasets,pods -l app=front -o name')).toBe('');
  });

  it('leaves orphans, which a new owner adopts or somebody deletes', async () => {
    await deployed('parent');
    await kubectl.out('delete deployment parent --cascade=orphan');
    const left = await kubectl.out('get replicasets -l app=parent -o name');
    expect(left).toMatch(/^replicaset\.apps\/parent-\w+\n$/);
    expect(await kubectl.out(['get', left.trim(), '-o=jsonpath={.metadata.ownerReferences}'])).toBe('');
    await kubectl.out(['delete', left.trim()]);
    await kubectl.out('wait pods -l app=parent --for=delete --timeout=20s');
  });

  it('deletes Pods in time, at once and by force', async () => {
    for (const name of ['p1', 'p2', 'p3']) await kubectl.out(`run ${name} --image=nginx:1`);
    await kubectl.out('wait pod p1 p2 p3 --for=condition=Ready --timeout=20s');
    await kubectl.out('delete pod p1 --grace-period=1');
    await kubectl.out('delete pod p2 --now');
    const forced = await kubectl.run('delete pod p3 --force --grace-period=0');
    expect(forced.stderr).toContain('Immediate deletion does not wait for confirmation');
    expect(forced.code).toBe(0);
    expect(await kubectl.out('get pods -l run -o name')).toBe('');
  });

  it('waits for the last finalizer', async () => {
    await configMap('held', ', finalizers: [example.com/hold]');
    await kubectl.out('delete configmap held --wait=false');
    const waiting = await kubectl.run('wait configmap/held --for=delete --timeout=1s');
    expect(waiting.stderr).toContain('timed out waiting for the condition on configmaps/held');
    const deletion = kubectl.out('wait configmap/held --for=delete --timeout=20s');
    await kubectl.out(['patch', 'configmap', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    await deletion;
    expect(await kubectl.refusal('get configmap held')).toContain('not found');
  });

  it('deletes a namespace with all that it holds', async () => {
    const other = await suite.in('leaving');
    await other.out('create deployment web --image=nginx:1');
    await other.out('create configmap c');
    await other.out('delete namespace leaving --timeout=30s');
    expect(await other.out('get configmaps,deployments,pods -o name')).toBe('');
    expect(await other.refusal('create configmap d')).toContain('namespaces "leaving" not found');
    expect(await kubectl.refusal('delete namespace kube-system')).toContain('this namespace may not be deleted');
  });

  it('waits for conditions, values and, from 1.31 on, for the creation', async () => {
    await kubectl.out('apply -f -', GADGET_DEFINITION);
    await kubectl.out('wait --for=condition=Established crd/gadgets.example.com --timeout=20s');
    const created =
      suite.minor >= 31 ? kubectl.out('wait gadget/g --for=create --timeout=20s') : Promise.resolve('condition met');
    await kubectl.out('apply -f -', gadget(1));
    expect(await created).toContain('condition met');
    const waiting = kubectl.out('wait --for=condition=Ready gadget/g --timeout=20s');
    const status = '{"status":{"phase":"Done","conditions":[{"type":"Ready","status":"True"}]}}';
    await kubectl.out(['patch', 'gd', 'g', '--subresource=status', '--type=merge', '-p', status]);
    expect(await waiting).toContain('condition met');
    expect(await kubectl.out('wait gadget/g --for=jsonpath={.status.phase}=Done --timeout=20s')).toContain('met');
    const scaled = await kubectl.out('scale gadget/g --replicas=4');
    expect(scaled).toContain('scaled');
    expect(await kubectl.out(['get', 'gadget', 'g', '-o=jsonpath={.spec.replicas}'])).toBe('4');
  });

  it('deletes a definition with its objects', async () => {
    await kubectl.out('delete crd gadgets.example.com --timeout=20s');
    expect(await kubectl.refusal('get gadgets')).toMatch(
      /the server could not find the requested resource|the server doesn't have a resource type "gadgets"/,
    );
  });
});
