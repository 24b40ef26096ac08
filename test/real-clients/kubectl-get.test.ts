import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { GADGET_DEFINITION, gadget } from './gadget-definition.fixture.ts';
import { describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

describeWithKubectl('get, explain and discovery', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('reading');
    await kubectl.out('apply -f -', GADGET_DEFINITION);
    await kubectl.out('wait --for=condition=Established crd/gadgets.example.com --timeout=20s');
    await kubectl.out('apply -f -', gadget(4));
    await kubectl.out('create deployment web --image=nginx:1 --replicas=2');
    await kubectl.out('rollout status deployment/web --timeout=20s');
    for (const name of ['b', 'c', 'a'])
      await kubectl.out(`create configmap ${name} --from-literal=size=${String(name.charCodeAt(0))}`);
    await kubectl.out('label configmap b c kind=odd');
  });

  it('prints tables, plain and wide', async () => {
    expect(await kubectl.out('get deployment web -o wide')).toMatch(
      /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\nweb\s+2\/2\s+2\s+2\s+\d+s\s+nginx\s+nginx:1\s+app=web\n$/,
    );
    expect(await kubectl.out('get pods -l app=web -o wide --no-headers')).toMatch(
      /^web-\w+-\w{5}\s+1\/1\s+Running\s+0\s+\d+s\s+10\.244\.\d+\.\d+\s+worker-\d\s+<none>\s+<none>\n/,
    );
    expect(await kubectl.out('get gd')).toMatch(/^NAME\s+SIZE\s+READY\ng\s+4\s+\n/);
    expect(await kubectl.refusal('get configmap nothing')).toBe(
      'Error from server (NotFound): configmaps "nothing" not found\n',
    );
    expect(await kubectl.refusal('get nothings')).toBe(`error: the server doesn't have a resource type "nothings"\n`);
    expect((await kubectl.run('get cronjobs')).stderr).toBe('No resources found in reading namespace.\n');
  });

  it('prints objects as names, JSON, YAML and by templates', async () => {
    expect((await kubectl.out('get all -o name')).split('\n')).toEqual(
      expect.arrayContaining(['deployment.apps/web', 'gadget.example.com/g']),
    );
    expect(JSON.parse(await kubectl.out('get configmap a -o json'))).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { size: '97' },
    });
    expect(await kubectl.out('get configmap a -o yaml')).toMatch(/^apiVersion: v1\ndata:\n {2}size: "97"\nkind: /);
    const managed = await kubectl.out('get configmap a -o yaml --show-managed-fields');
    expect(managed).toMatch(/manager: kubectl-create\n\s+operation: Update/);
    expect(await kubectl.out(['get', 'cm', 'a', 'b', '-o=jsonpath={range .items[*]}{.data.size},{end}'])).toBe(
      '97,98,',
    );
    expect(await kubectl.out(['get', 'cm', 'a', '-o=go-template={{.data.size}}'])).toBe('97');
    expect(await kubectl.out(['get', 'cm', 'a', '-o=custom-columns=N:.metadata.name,S:.data.size'])).toMatch(
      /^N\s+S\na\s+97\n$/,
    );
  });

  it('prints all of a namespace in the order of discovery, and definitions with the time of their creation', async () => {
    await kubectl.out('create job later --image=main:1');
    await kubectl.out(['create', 'cronjob', 'often', '--image=main:1', '--schedule=0 0 1 1 *']);
    await kubectl.out('create service clusterip web --tcp=80');
    const kinds = (await kubectl.out('get all -o name')).split('\n').map((name) => name.split('/')[0]);
    expect([...new Set(kinds)].filter((kind) => kind !== '')).toEqual([
      'pod',
      'service',
      'deployment.apps',
      'replicaset.apps',
      'cronjob.batch',
      'job.batch',
      'gadget.example.com',
    ]);
    expect(await kubectl.out('get crd gadgets.example.com')).toMatch(
      /^NAME\s+CREATED AT\ngadgets\.example\.com\s+\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/,
    );
  });

  it('finds the API server behind its Service', async () => {
    expect(await kubectl.out('get endpointslices --namespace=default')).toMatch(
      /kubernetes\s+IPv4\s+6443\s+192\.0\.2\.10/,
    );
    expect(await kubectl.out('describe service kubernetes --namespace=default')).toMatch(
      /Endpoints:\s+192\.0\.2\.10:6443/,
    );
  });

  it('selects and sorts, also in pages and over namespaces', async () => {
    expect(await kubectl.out('get cm -l kind=odd -o name')).toBe('configmap/b\nconfigmap/c\n');
    expect(await kubectl.out(['get', 'cm', '-l', 'kind notin (odd),!x', '-o', 'name'])).toContain('configmap/a\n');
    expect(await kubectl.out('get cm --field-selector=metadata.name=c -o name')).toBe('configmap/c\n');
    expect(await kubectl.out('get cm -l kind=odd --show-labels')).toMatch(/b\s+1\s+\d+s\s+kind=odd/);
    expect(await kubectl.out('get cm b -L kind')).toMatch(/NAME\s+DATA\s+AGE\s+KIND\nb\s+1\s+\d+s\s+odd/);
    const sorted = await kubectl.out('get cm -l kind=odd --sort-by=.data.size -o name');
    expect(sorted).toBe('configmap/b\nconfigmap/c\n');
    expect(await kubectl.out('get cm --chunk-size=1 -o name')).toBe(await kubectl.out('get cm -o name'));
    const everywhere = await kubectl.out('get pods -A --field-selector=metadata.namespace=kube-system');
    expect(everywhere).toMatch(/kube-system\s+etcd-control-0\s+1\/1\s+Running/);
    expect(await kubectl.out('get pods -A --field-selector=status.phase=Failed -o name')).toBe('');
    expect(await kubectl.out('get --raw /api/v1/namespaces/reading/configmaps/a')).toContain('"size":"97"');
  });

  it('watches until it is stopped, lists first or only what changes', async () => {
    const watch = kubectl.start('get configmap -l watched=yes -w --output-watch-events');
    const only = kubectl.start('get configmap -l watched=yes --watch-only -o name');
    await suite.setting.cluster.adminClient.request('GET', '/readyz');
    await kubectl.out(
      'apply -f -',
      '{apiVersion: v1, kind: ConfigMap, metadata: {name: w, labels: {watched: "yes"}}, data: {a: b}}',
    );
    expect(await watch.until(/ADDED\s+w/)).toMatch(/EVENT\s+NAME\s+DATA\s+AGE\nADDED\s+w\s+1/);
    await kubectl.out('patch configmap w -p {"data":{"c":"d"}}');
    await watch.until(/MODIFIED\s+w\s+2/);
    await only.until(/configmap\/w\n/);
    await kubectl.out('label configmap w watched-');
    await watch.until(/DELETED\s+w\s+2/);
    await Promise.all([watch.stop(), only.stop()]);
  });

  it('explains kinds, built in and custom', async () => {
    expect(await kubectl.out('explain deployment.spec.strategy')).toMatch(/rollingUpdate\s+<\w+>/);
    expect(await kubectl.out('explain pod --recursive')).toMatch(/containers\s+<\[\]\w+>/);
    expect(await kubectl.out('explain gadget.spec')).toMatch(/size\s+<integer>.*-required-[^]*How big it is\./);
    expect(await kubectl.out('explain gadget')).toContain('Something handy.');
    expect(await kubectl.refusal('explain gadget.spec.nothing')).toContain('field "nothing" does not exist');
  });

  it('lists what is served', async () => {
    expect(await kubectl.out('api-resources --api-group=example.com')).toMatch(
      /gadgets\s+gd\s+example.com\/v1\s+true\s+Gadget/,
    );
    expect(await kubectl.out('api-resources --namespaced=false --verbs=list -o name')).toContain('nodes\n');
    expect(await kubectl.out('api-resources --categories=all -o name')).toContain('deployments.apps\n');
    const versions = (await kubectl.out('api-versions')).trim().split('\n');
    expect(versions).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'batch/v1', 'example.com/v1']));
    expect(await kubectl.out('version')).toContain('Server Version: ');
    expect(await kubectl.out('cluster-info')).toMatch(/Kubernetes control plane.* is running at .*https:\/\//);
    await kubectl.out('cluster-info dump --namespaces=reading --output-directory=dump');
    expect(await readFile(join(suite.folder, 'dump', 'reading', 'deployments.json'), 'utf8')).toContain('"web"');
    expect(await kubectl.out('config view')).toContain('certificate-authority-data: DATA+OMITTED');
    expect(await kubectl.out('config current-context')).not.toBe('');
  });

  it('passes requests on for a program without credentials', async () => {
    const proxy = kubectl.start('proxy --port=0');
    const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(await proxy.until(/127\.0\.0\.1:\d+/)) ?? [];
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/reading/configmaps/a`);
    expect(await answer.json()).toMatchObject({ data: { size: '97' } });
    await proxy.stop();
  });
});
