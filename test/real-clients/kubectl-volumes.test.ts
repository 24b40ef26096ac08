import { beforeAll, expect, it } from 'vitest';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

const storageClass = (name: string, mode = 'Immediate'): string =>
  `{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: ${name}}, provisioner: disks.example.com, volumeBindingMode: ${mode}}`;

const claim = (name: string, className: string, more = ''): string =>
  `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: ${name}}, spec: {storageClassName: "${className}", accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}${more}}}`;

const user = (name: string, claimName: string): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: ${claimName}}}], containers: [{name: main, image: "main:1", volumeMounts: [{name: data, mountPath: /data}]}]}}`;

describeWithKubectl('volumes and accounts of Pods', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('volumes');
    await kubectl.out('apply -f -', `${storageClass('fast')}\n---\n${storageClass('late', 'WaitForFirstConsumer')}\n`);
  });
  const read = (object: string, path: string): Promise<string> => kubectl.out(['get', object, `-o=jsonpath=${path}`]);
  const bound = (name: string): Promise<string> =>
    kubectl.out(`wait pvc/${name} --for=jsonpath={.status.phase}=Bound --timeout=20s`);

  it('makes a volume for a claim of a storage class, and deletes it with the claim', async () => {
    await kubectl.out('apply -f -', claim('quick', 'fast'));
    await bound('quick');
    const volume = await read('pvc/quick', '{.spec.volumeName}');
    expect(await kubectl.out('get pvc quick')).toMatch(/quick\s+Bound\s+pvc-\S+\s+2Gi\s+RWO\s+fast/);
    expect(await kubectl.out(`get pv ${volume}`)).toMatch(/2Gi\s+RWO\s+Delete\s+Bound\s+volumes\/quick\s+fast/);
    expect(await kubectl.out('describe pvc quick')).toContain('ProvisioningSucceeded');
    await kubectl.out('delete pvc quick --timeout=20s');
    await kubectl.out(`wait pv/${volume} --for=delete --timeout=20s`);
  });

  it('keeps a claim as long as a Pod uses it', async () => {
    await kubectl.out('apply -f -', claim('held', 'late'));
    expect(await kubectl.out('get pvc held')).toMatch(/held\s+Pending/);
    await kubectl.out('apply -f -', user('holder', 'held'));
    await bound('held');
    await kubectl.out('wait pod/holder --for=condition=Ready --timeout=20s');
    await kubectl.out('delete pvc held --wait=false');
    expect(await kubectl.out('get pvc held')).toMatch(/held\s+Terminating/);
    await kubectl.out('delete pod holder --now');
    await kubectl.out('wait pvc/held --for=delete --timeout=20s');
  });

  it('binds claims without a class to volumes that stand, and says why a Pod waits', async () => {
    await kubectl.out('apply -f -', claim('static', ''));
    await kubectl.out('apply -f -', user('waiting', 'static'));
    await kubectl.out('wait pod/waiting --for=jsonpath={.status.conditions[0].reason}=Unschedulable --timeout=20s');
    expect(await kubectl.out('describe pod waiting')).toContain('pod has unbound immediate PersistentVolumeClaims');
    expect(await kubectl.out('describe pvc static')).toMatch(
      /FailedBinding\s+.*persistentvolume-controller\s+no persistent volumes available for this claim and no storage class is set/,
    );
    const volume =
      '{apiVersion: v1, kind: PersistentVolume, metadata: {name: shelf}, spec: {capacity: {storage: 3Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /shelf}}}';
    await kubectl.out('apply -f -', volume);
    await bound('static');
    await kubectl.out('wait pod/waiting --for=condition=Ready --timeout=20s');
    await kubectl.out('delete pod/waiting pvc/static --now');
    await kubectl.out('wait pv/shelf --for=jsonpath={.status.phase}=Released --timeout=20s');
    await kubectl.out('delete pv shelf --timeout=20s');
  });

  it('gives each Pod of a StatefulSet its claim, which outlives it', async () => {
    const set =
      '{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {serviceName: db, replicas: 2, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: main, image: "main:1", volumeMounts: [{name: data, mountPath: /data}]}]}}, volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}}';
    await kubectl.out('apply -f -', set);
    await kubectl.out('rollout status statefulset/db --timeout=30s');
    expect(await kubectl.out('get pvc -l app=db -o name')).toBe(
      'persistentvolumeclaim/data-db-0\npersistentvolumeclaim/data-db-1\n',
    );
    expect(await kubectl.out('describe pod db-1')).toMatch(/ClaimName:\s+data-db-1/);
    await kubectl.out('delete statefulset db --cascade=foreground');
    await bound('data-db-1');
  });

  it('mounts the token of their account into Pods that do not refuse it', async () => {
    await kubectl.out('run plain --image=nginx:1');
    await kubectl.out([
      'run',
      'closed',
      '--image=nginx:1',
      '--overrides={"spec":{"automountServiceAccountToken":false}}',
    ]);
    expect(await kubectl.out('describe pod plain')).toMatch(
      /Mounts:\n\s+\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-\w{5} \(ro\)/,
    );
    expect(await kubectl.out('describe pod closed')).toMatch(/Mounts:\s+<none>/);
    expect(
      await kubectl.refusal(['run', 'lost', '--image=nginx:1', '--overrides={"spec":{"serviceAccountName":"lost"}}']),
    ).toContain('error looking up service account volumes/lost: serviceaccount "lost" not found');
  });
});
