import { beforeAll, expect, it } from 'vitest';
import { GADGET_DEFINITION, gadget } from './gadget-definition.fixture.ts';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

describeWithKubectl('describe', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('describing');
    await kubectl.out('apply -f -', GADGET_DEFINITION);
    await kubectl.out('create deployment web --image=nginx:1 --replicas=2 --port=80');
    await kubectl.out('expose deployment web');
    await kubectl.out('rollout status deployment/web --timeout=20s');
    await kubectl.out('wait --for=condition=Established crd/gadgets.example.com --timeout=20s');
    await kubectl.out('apply -f -', gadget(4));
  });

  it('tells of a Deployment with its conditions, ReplicaSets and events', async () => {
    const text = await kubectl.out('describe deployment web');
    expect(text).toMatch(/Replicas:\s+2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
    expect(text).toMatch(/RollingUpdateStrategy:\s+25% max unavailable, 25% max surge/);
    expect(text).toMatch(/Available\s+True\s+MinimumReplicasAvailable\n\s+Progressing\s+True\s+NewReplicaSetAvailable/);
    expect(text).toMatch(/NewReplicaSet:\s+web-\w+ \(2\/2 replicas created\)/);
    expect(text).toMatch(/ScalingReplicaSet\s+\S+\s+deployment-controller\s+Scaled up replica set web-\w+ from 0 to 2/);
    expect(await kubectl.out('describe replicaset -l app=web')).toMatch(/Pods Status:\s+2 Running \/ 0 Waiting/);
  });

  it('tells of a Pod with its containers, conditions and events in order', async () => {
    const text = await kubectl.out('describe pods -l app=web');
    expect(text).toMatch(/Node:\s+worker-\d\/192\.0\.2\.2\d/);
    expect(text).toMatch(/Controlled By:\s+ReplicaSet\/web-/);
    expect(text).toMatch(/State:\s+Running\n\s+Started:\s+\w{3}, /);
    expect(text).toMatch(/Container ID:\s+containerd:\/\/[0-9a-f]{64}\n/);
    expect(text).toMatch(/Initialized\s+True\s+Ready\s+True\s+ContainersReady\s+True\s+PodScheduled\s+True/);
    expect(text).toMatch(/QoS Class:\s+BestEffort/);
    expect(text).toMatch(
      /Normal\s+Scheduled[^\n]*\n\s+Normal\s+Pulled[^\n]*\n\s+Normal\s+Created[^\n]*\n\s+Normal\s+Started/,
    );
  });

  it('tells of a Service with the Pods behind it', async () => {
    const ready = '{.subsets[0].addresses[1].ip}';
    await kubectl.out(['wait', 'endpoints/web', `--for=jsonpath=${ready}`, '--timeout=20s']).catch(() => undefined);
    const text = await kubectl.out('describe service web');
    expect(text).toMatch(/Type:\s+ClusterIP[^]*TargetPort:\s+80\/TCP\n/);
    expect(text).toMatch(/Endpoints:\s+10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80/);
    expect(await kubectl.out('get endpointslices -l kubernetes.io/service-name=web')).toMatch(
      /web-\w{5}\s+IPv4\s+80\s+10\.244\.\d+\.\d+,10\.244\.\d+\.\d+/,
    );
  });

  it('tells of Jobs, CronJobs, StatefulSets and DaemonSets', async () => {
    await kubectl.out('create job j --image=lab/worker:1');
    await kubectl.out('wait --for=condition=complete job/j --timeout=20s');
    const job = await kubectl.out('describe job j');
    expect(job).toMatch(/Pods Statuses:\s+0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed/);
    expect(job).toMatch(
      /SuccessfulCreate[^]*Created pod: j-\w{5}\n[^]*Completed\s+\S+\s+job-controller\s+Job completed/,
    );
    await kubectl.out(['create', 'cronjob', 'cj', '--image=x:1', '--schedule=0 0 1 1 *', '--', 'date']);
    expect(await kubectl.out('describe cronjob cj')).toMatch(/Schedule:\s+0 0 1 1 \*\nConcurrency Policy:\s+Allow/);
    const set =
      '{apiVersion: apps/v1, kind: KIND, metadata: {name: s}, spec: {selector: {matchLabels: {app: s}}, serviceName: s, template: {metadata: {labels: {app: s}}, spec: {containers: [{name: main, image: "main:1"}]}}}}';
    await kubectl.out('apply -f -', set.replace('KIND', 'StatefulSet'));
    await kubectl.out('rollout status statefulset/s --timeout=20s');
    expect(await kubectl.out('describe statefulset s')).toMatch(/Pods Status:\s+1 Running \/ 0 Waiting/);
    await kubectl.out('apply -f -', set.replace('KIND', 'DaemonSet').replace('serviceName: s, ', ''));
    await kubectl.out('rollout status daemonset/s --timeout=20s');
    expect(await kubectl.out('describe daemonset s')).toMatch(/Desired Number of Nodes Scheduled: 2/);
  });

  it('tells of configuration, without the values of secrets', async () => {
    await kubectl.out('create configmap c --from-literal=colour=blue');
    await kubectl.out('create secret generic s --from-literal=password=hidden');
    expect(await kubectl.out('describe configmap c')).toMatch(/colour:\n-+\nblue/);
    const secret = await kubectl.out('describe secret s');
    expect(secret).toMatch(/password:\s+6 bytes/);
    expect(secret).not.toContain('hidden');
    expect(await kubectl.out('describe serviceaccount default')).toMatch(/Name:\s+default/);
    expect(await kubectl.out('describe namespace describing')).toMatch(/Status:\s+Active/);
  });

  it('tells of rules, limits and routes', async () => {
    await kubectl.out('create role r --verb=get --resource=pods');
    await kubectl.out('create rolebinding rb --role=r --user=jane');
    expect(await kubectl.out('describe role r')).toMatch(/pods\s+\[\]\s+\[\]\s+\[get\]/);
    expect(await kubectl.out('describe rolebinding rb')).toMatch(
      /Role:\n\s+Kind:\s+Role\n\s+Name:\s+r\n[^]*User\s+jane/,
    );
    expect(await kubectl.out('describe clusterrole view')).toMatch(/configmaps\s+\[\]\s+\[\]\s+\[get list watch\]/);
    await kubectl.out('create poddisruptionbudget p --selector=app=web --min-available=1');
    await kubectl.out('wait pdb/p --for=jsonpath={.status.disruptionsAllowed}=1 --timeout=20s');
    expect(await kubectl.out('describe pdb p')).toMatch(/Allowed disruptions:\s+1\n\s+Current:\s+2\n\s+Desired:\s+1/);
    await kubectl.out(['create', 'ingress', 'i', '--class=nginx', '--rule=a.example/=web:80']);
    expect(await kubectl.out('describe ingress i')).toMatch(/a\.example\s+\n\s+\/\s+web:80 \(10\.244\.\d+\.\d+:80/);
    await kubectl.out('autoscale deployment web --min=1 --max=3');
    expect(await kubectl.out('describe hpa web')).toMatch(/Reference:\s+Deployment\/web/);
    expect(await kubectl.out('describe priorityclass system-node-critical')).toMatch(/Value:\s+2000001000/);
  });

  it('tells of custom resources and their definition field by field', async () => {
    const text = await kubectl.out('describe gadget g');
    expect(text).toMatch(/API Version:\s+example\.com\/v1\nKind:\s+Gadget/);
    expect(text).toMatch(/Spec:\n\s+Replicas:\s+1\n\s+Size:\s+4\n/);
    expect(await kubectl.out('describe crd gadgets.example.com')).toMatch(/Type:\s+Established/);
  });
});
