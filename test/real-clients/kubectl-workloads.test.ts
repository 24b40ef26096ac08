import { beforeAll, expect, it } from 'vitest';
import { conditionOf, resources, watchUntil } from '../../src/kube/index.ts';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

const workload = (kind: string, name: string, more = ''): string =>
  `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: ${name}}, spec: {selector: {matchLabels: {app: ${name}}}${more}, template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: main, image: "main:1"}]}}}}`;

describeWithKubectl('workloads', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('working');
  });
  const read = (object: string, path: string): Promise<string> => kubectl.out(['get', object, `-o=jsonpath=${path}`]);
  const rolledOut = (object: string): Promise<string> => kubectl.out(`rollout status ${object} --timeout=20s`);

  it('rolls a Deployment out, back and out again, with its history', async () => {
    await kubectl.out('create deployment web --image=nginx:1 --replicas=3');
    const generation = Number(await read('deployment/web', '{.metadata.generation}'));
    await kubectl.out('annotate deployment web kubernetes.io/change-cause=first');
    expect(Number(await read('deployment/web', '{.metadata.generation}'))).toBeGreaterThan(generation);
    expect(await rolledOut('deployment/web')).toContain('deployment "web" successfully rolled out');
    await kubectl.out('set image deployment/web nginx=nginx:2');
    await kubectl.out('annotate deployment web kubernetes.io/change-cause=second');
    await rolledOut('deployment/web');
    expect(await kubectl.out('rollout history deployment/web')).toMatch(
      /REVISION +CHANGE-CAUSE\n1 +first\n2 +second\n/,
    );
    expect(await kubectl.out('rollout history deployment/web --revision=1')).toMatch(/Image:\s+nginx:1/);
    expect(await kubectl.out('rollout undo deployment/web')).toContain('rolled back');
    await rolledOut('deployment/web');
    expect(await read('deployment/web', '{.spec.template.spec.containers[0].image}')).toBe('nginx:1');
    expect(await kubectl.out('rollout history deployment/web')).toMatch(/\n2 +second\n3 +first\n/);
    expect(await kubectl.refusal('rollout undo deployment/web --to-revision=9')).toContain(
      'unable to find specified revision 9 in history',
    );
    const sets = await kubectl.out('get replicasets -l app=web');
    expect(sets).toMatch(/web-\w+\s+3\s+3\s+3\s/);
    expect(sets).toMatch(/web-\w+\s+0\s+0\s+0\s/);
  });

  it('pauses, resumes and restarts a rollout', async () => {
    await kubectl.out('create deployment calm --image=nginx:1');
    await rolledOut('deployment/calm');
    await kubectl.out('rollout pause deployment/calm');
    await kubectl.out('set image deployment/calm nginx=nginx:2');
    expect(await kubectl.refusal('rollout pause deployment/calm')).toContain('already paused');
    expect((await read('pods', '{.items[?(@.metadata.labels.app=="calm")].spec.containers[0].image}')).trim()).toBe(
      'nginx:1',
    );
    await kubectl.out('rollout resume deployment/calm');
    await rolledOut('deployment/calm');
    await kubectl.out('rollout restart deployment/calm');
    await rolledOut('deployment/calm');
    expect(
      await read('deployment/calm', '{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}'),
    ).not.toBe('');
    expect(await kubectl.out('rollout history deployment/calm')).toMatch(/\n3 /);
  });

  it('gives a rollout up after its time, and says why it does not go on', async () => {
    await kubectl.out('create deployment broken --image=lab/failing:1');
    const waited = await kubectl.run('rollout status deployment/broken --timeout=1s');
    expect(waited.code).toBe(1);
    expect(waited.stderr).toContain('timed out waiting for the condition');
    expect(await kubectl.out('get pods -l app=broken')).toMatch(/0\/1\s+(CrashLoopBackOff|Error)/);
    await kubectl.out('delete deployment broken --now');
  });

  it('scales, with preconditions, and waits for it', async () => {
    await kubectl.out('create deployment wide --image=nginx:1 --replicas=1');
    await rolledOut('deployment/wide');
    expect(await kubectl.refusal('scale deployment/wide --current-replicas=5 --replicas=2')).toContain(
      'Expected replicas to be 5, was 1',
    );
    expect(await kubectl.out('scale deployment/wide --current-replicas=1 --replicas=3 --timeout=20s')).toContain(
      'deployment.apps/wide scaled',
    );
    await kubectl.out('wait deployment/wide --for=jsonpath={.status.readyReplicas}=3 --timeout=20s');
    await kubectl.out('scale deployment/wide --replicas=0');
    await kubectl.out('wait pods -l app=wide --for=delete --timeout=20s');
  });

  it('runs a StatefulSet in order, with revisions', async () => {
    await kubectl.out('apply -f -', workload('StatefulSet', 'db', ', serviceName: db, replicas: 2'));
    expect(await rolledOut('statefulset/db')).toMatch(/complete: 2 (new )?pods/);
    expect(await kubectl.out('get pods -l app=db -o name')).toBe('pod/db-0\npod/db-1\n');
    await kubectl.out('set image statefulset/db main=main:2');
    await rolledOut('statefulset/db');
    expect(await kubectl.out('rollout history statefulset/db')).toMatch(/\n1 +<none>\n2 +<none>\n/);
    await kubectl.out('rollout undo statefulset/db');
    await rolledOut('statefulset/db');
    expect(await read('pod/db-1', '{.spec.containers[0].image}')).toBe('main:1');
    expect(await kubectl.refusal(['patch', 'statefulset', 'db', '-p', '{"spec":{"serviceName":"x"}}'])).toContain(
      'updates to statefulset spec for fields other than',
    );
    await kubectl.out('scale statefulset/db --replicas=1');
    await kubectl.out('wait pod/db-1 --for=delete --timeout=20s');
  });

  it('updates a StatefulSet down to its partition, and brings back what is below as it was', async () => {
    const partition = ', serviceName: cut, replicas: 2, updateStrategy: {rollingUpdate: {partition: 1}}';
    await kubectl.out('apply -f -', workload('StatefulSet', 'cut', partition));
    await rolledOut('statefulset/cut');
    await kubectl.out('set image statefulset/cut main=main:2');
    expect(await rolledOut('statefulset/cut')).toContain('partitioned roll out complete: 1 new pods have been updated');
    const images = (): Promise<string> =>
      read('pods', '{.items[?(@.metadata.labels.app=="cut")].spec.containers[0].image}');
    expect(await images()).toBe('main:1 main:2');
    const uid = await read('pod/cut-0', '{.metadata.uid}');
    // kubectl would wait for the next Pod of the name to go if that came before its watch did.
    await kubectl.out('delete pod cut-0 --wait=false');
    await watchUntil(
      suite.setting.cluster.adminClient,
      resources.pods,
      { namespace: 'working', signal: AbortSignal.timeout(20_000) },
      (pods) =>
        [...pods.values()].find(
          (pod) =>
            pod.metadata.name === 'cut-0' && pod.metadata.uid !== uid && conditionOf(pod, 'Ready')?.status === 'True',
        ),
    );
    expect(await images()).toBe('main:1 main:2');
    await kubectl.out([
      'patch',
      'statefulset',
      'cut',
      '-p',
      '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}',
    ]);
    await rolledOut('statefulset/cut');
    expect(await images()).toBe('main:2 main:2');
  });

  it('counts a Pod as available when it has been ready for long enough', async () => {
    const slow = workload('Deployment', 'slow', ', minReadySeconds: 500');
    await kubectl.out('apply -f -', slow);
    await kubectl.out('wait deployment/slow --for=jsonpath={.status.readyReplicas}=1 --timeout=20s');
    expect(await read('deployment/slow', '{.status.availableReplicas}')).toBe('');
    await kubectl.out(['patch', 'deployment', 'slow', '-p', '{"spec":{"minReadySeconds":1}}']);
    await rolledOut('deployment/slow');
    expect(await read('deployment/slow', '{.status.availableReplicas}')).toBe('1');
  });

  it('runs a DaemonSet on the nodes that take it, with revisions', async () => {
    await kubectl.out('apply -f -', workload('DaemonSet', 'agent'));
    expect(await rolledOut('daemonset/agent')).toContain('daemon set "agent" successfully rolled out');
    expect(await kubectl.out('get daemonset agent')).toMatch(/agent\s+2\s+2\s+2\s+2\s+2\s+<none>/);
    await kubectl.out('set image daemonset/agent main=main:2');
    await rolledOut('daemonset/agent');
    await kubectl.out('rollout undo daemonset/agent');
    await rolledOut('daemonset/agent');
    expect(await kubectl.out('rollout history daemonset/agent --revision=3')).toMatch(/Image:\s+main:1/);
  });

  it('runs Jobs to their end, and to their failure', async () => {
    await kubectl.out('create job good --image=lab/worker:1');
    expect(await kubectl.out('wait --for=condition=complete job/good --timeout=20s')).toContain('condition met');
    expect(await kubectl.out('get job good')).toMatch(/good\s+(Complete\s+)?1\/1/);
    const bad =
      '{apiVersion: batch/v1, kind: Job, metadata: {name: bad}, spec: {backoffLimit: 1, template: {spec: {restartPolicy: Never, containers: [{name: c, image: "lab/failing:1"}]}}}}';
    await kubectl.out('apply -f -', bad);
    await kubectl.out('wait --for=condition=failed job/bad --timeout=20s');
    expect(await read('job/bad', '{.status.failed} {.status.conditions[?(@.type=="Failed")].reason}')).toBe(
      '2 BackoffLimitExceeded',
    );
    const indexed = bad
      .replace('bad', 'indexed')
      .replace('lab/failing', 'lab/worker')
      .replace(
        'backoffLimit: 1',
        'completions: 3, parallelism: 2, completionMode: Indexed, ttlSecondsAfterFinished: 50',
      );
    await kubectl.out('apply -f -', indexed);
    await kubectl.out('wait --for=condition=complete job/indexed --timeout=20s');
    await kubectl.out('wait --for=delete job/indexed --timeout=20s');
    await kubectl.out('apply -f -', bad.replace('bad', 'held').replace('backoffLimit', 'suspend: true, backoffLimit'));
    await kubectl.out('wait --for=condition=suspended job/held --timeout=20s');
    expect(await kubectl.out('get pods -l job-name=held -o name')).toBe('');
  });

  it('runs the Jobs of a CronJob when they are due', async () => {
    await kubectl.out(['create', 'cronjob', 'tick', '--image=lab/worker:1', '--schedule=0 * * * *', '--', 'tick']);
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000).toISOString().replace(/\.\d+/, '');
    await kubectl.out([
      'patch',
      'cronjob',
      'tick',
      '--subresource=status',
      '--type=merge',
      `-p={"status":{"lastScheduleTime":"${longAgo}"}}`,
    ]);
    await watchUntil(
      suite.setting.cluster.adminClient,
      resources.jobs,
      { namespace: 'working', signal: AbortSignal.timeout(20_000) },
      (jobs) =>
        [...jobs.values()].find(
          (job) => /^tick-\d+$/.test(job.metadata.name ?? '') && conditionOf(job, 'Complete')?.status === 'True',
        ),
    );
    expect(await kubectl.out('get jobs -o name')).toMatch(/job\.batch\/tick-\d{8}\n/);
    expect(await kubectl.out('get cronjob tick')).toMatch(/tick\s+0 \* \* \* \*/);
  });

  it('reads logs, of Pods and of what owns them, and follows them', async () => {
    await kubectl.out('create deployment talk --image=lab/talker:1');
    await rolledOut('deployment/talk');
    expect(await kubectl.out('logs deployment/talk')).toBe('one\ntwo\nthree\n');
    expect(await kubectl.out('logs -l app=talk --tail=1')).toBe('three\n');
    expect(await kubectl.out('logs -l app=talk --prefix')).toMatch(/^\[pod\/talk-\S+\/talker\] one\n/);
    expect(await kubectl.out('logs deployment/talk --timestamps --tail=1')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z three\n$/);
    const following = kubectl.start('logs -f deployment/talk');
    await following.until(/three/);
    await kubectl.out('scale deployment/talk --replicas=0');
    await kubectl.out('wait pods -l app=talk --for=delete --timeout=20s');
    expect(await following.stop()).toBe('one\ntwo\nthree\n');
    await kubectl.out('run loose --image=nginx:1');
    await kubectl.out('wait pod/loose --for=condition=Ready --timeout=20s');
    expect(await kubectl.refusal('logs loose -c other')).toContain('container other is not valid for pod loose');
    expect(await kubectl.refusal('logs nobody')).toContain('pods "nobody" not found');
  });

  it('says clearly that there is nothing to enter', async () => {
    await kubectl.out('run closed --image=nginx:1');
    await kubectl.out('wait pod/closed --for=condition=Ready --timeout=20s');
    const refusals = {
      'exec closed -- ls': 'exec into',
      'attach closed': 'attach to',
      'port-forward closed 0:80': 'forward ports to',
      'cp closed:/etc/hosts hosts': 'exec into',
    };
    for (const [command, verb] of Object.entries(refusals))
      expect(await kubectl.refusal(command), command).toContain(
        `error dialing backend: the lab runs no containers, there is nothing to ${verb}`,
      );
    expect(await kubectl.refusal('exec nobody -- ls')).toContain('pods "nobody" not found');
    expect(await kubectl.refusal('exec closed -c other -- ls')).toContain(
      'container other is not valid for pod closed',
    );
  });
});
