import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { CertificateAuthority } from '../../src/lab/pki/index.ts';
import { blockStyle, describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

describeWithKubectl('create', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('create');
  });
  const read = (object: string, path: string): Promise<string> => kubectl.out(['get', object, `-o=jsonpath=${path}`]);

  it('creates namespaces, and only tries to with a dry run', async () => {
    expect(await kubectl.out('create namespace team')).toBe('namespace/team created\n');
    expect(await kubectl.refusal('create namespace team')).toBe(
      'Error from server (AlreadyExists): namespaces "team" already exists\n',
    );
    expect(await kubectl.out('create namespace dry --dry-run=server')).toContain('created (server dry run)');
    const local = await kubectl.out('create namespace dry --dry-run=client -o yaml');
    expect(local).toMatch(/kind: Namespace\nmetadata:\n[^]*name: dry/);
    expect(await kubectl.refusal('get namespace dry')).toContain('(NotFound): namespaces "dry" not found');
  });

  it('creates secrets and config maps from literals, files and logins', async () => {
    await writeFile(join(suite.folder, 'note.txt'), 'remember\n');
    await writeFile(join(suite.folder, 'app.env'), 'COLOUR=blue\n');
    await kubectl.out('create secret generic s --from-literal=user=admin --from-file=note.txt');
    expect(await read('secret/s', '{.data.user} {.data.note\\.txt} {.type}')).toBe('YWRtaW4= cmVtZW1iZXIK Opaque');
    const authority = await CertificateAuthority.create('test');
    await writeFile(join(suite.folder, 't.crt'), authority.certificatePem);
    await writeFile(join(suite.folder, 't.key'), authority.keyPem);
    await kubectl.out('create secret tls t --cert=t.crt --key=t.key');
    expect(await read('secret/t', '{.type}')).toBe('kubernetes.io/tls');
    await kubectl.out(
      'create secret docker-registry d --docker-server=r.example --docker-username=u --docker-password=p',
    );
    const login = Buffer.from(await read('secret/d', '{.data.\\.dockerconfigjson}'), 'base64').toString();
    expect(JSON.parse(login)).toMatchObject({ auths: { 'r.example': { username: 'u', password: 'p' } } });
    await kubectl.out('create configmap c --from-literal=a=1 --from-file=b=note.txt');
    expect(await read('cm/c', '{.data.a} {.data.b}')).toBe('1 remember\n');
    await kubectl.out('create configmap e --from-env-file=app.env');
    expect(await read('cm/e', '{.data.COLOUR}')).toBe('blue');
  });

  it('creates workloads, which get their defaults', async () => {
    await kubectl.out('create deployment web --image=nginx:1 --replicas=2 --port=80');
    const fields = '{.spec.replicas} {.spec.strategy.rollingUpdate.maxSurge} {.spec.template.spec.containers[0].ports}';
    expect(await read('deployment/web', fields)).toBe('2 25% [{"containerPort":80,"protocol":"TCP"}]');
    await kubectl.out('create job j --image=busybox -- true');
    expect(await read('job/j', '{.spec.backoffLimit} {.spec.template.spec.restartPolicy}')).toBe('6 Never');
    await kubectl.out(['create', 'cronjob', 'cj', '--image=busybox', '--schedule=*/5 * * * *', '--', 'date']);
    expect(await read('cronjob/cj', '{.spec.schedule} {.spec.concurrencyPolicy}')).toBe('*/5 * * * * Allow');
    await kubectl.out('create job by-hand --from=cronjob/cj');
    expect(await read('job/by-hand', '{.metadata.annotations.cronjob\\.kubernetes\\.io/instantiate}')).toBe('manual');
    await kubectl.out('run p --image=nginx:1 --port=80 --env=A=b --labels=app=p,tier=x --expose');
    expect(await read('pod/p', '{.metadata.labels.tier} {.spec.containers[0].env[0].value}')).toBe('x b');
    expect(await read('service/p', '{.spec.selector} {.spec.ports[0].port}')).toBe('{"app":"p","tier":"x"} 80');
  });

  it('creates services of every type and exposes a workload', async () => {
    await kubectl.out('create service clusterip svc --tcp=80:8080');
    await kubectl.out('create service nodeport np --tcp=80:8080');
    await kubectl.out('create service loadbalancer lb --tcp=80');
    await kubectl.out('create service externalname en --external-name=example.com');
    await kubectl.out('create service clusterip headless --clusterip=None --tcp=80');
    const table = await kubectl.out('get services');
    expect(table).toMatch(/svc\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80\/TCP/);
    expect(table).toMatch(/np\s+NodePort\s+10\.96\.\d+\.\d+\s+<none>\s+80:3\d{4}\/TCP/);
    expect(table).toMatch(/lb\s+LoadBalancer\s+10\.96\.\d+\.\d+\s+<pending>\s+80:3\d{4}\/TCP/);
    expect(table).toMatch(/en\s+ExternalName\s+<none>\s+example\.com\s+<none>/);
    expect(table).toMatch(/headless\s+ClusterIP\s+None/);
    await kubectl.out('create deployment shop --image=nginx:1');
    expect(await kubectl.out('expose deployment shop --port=80 --target-port=8080')).toBe('service/shop exposed\n');
    expect(await read('service/shop', '{.spec.selector.app} {.spec.ports[0].targetPort}')).toBe('shop 8080');
  });

  it('creates roles, bindings and accounts', async () => {
    await kubectl.out('create role r --verb=get,list --resource=pods,deployments.apps');
    expect(await read('role/r', '{.rules[*].apiGroups[*]}|{.rules[1].resources[0]}')).toBe(' apps|deployments');
    await kubectl.out('create rolebinding rb --role=r --user=jane --serviceaccount=create:robot');
    await kubectl.out('create clusterrole cr --verb=get --resource=nodes --resource-name=n');
    await kubectl.out('create clusterrole agg --aggregation-rule=part-of=agg');
    await kubectl.out('create clusterrolebinding crb --clusterrole=cr --group=g');
    expect(await kubectl.out('get clusterrolebinding crb -o wide')).toMatch(/crb\s+ClusterRole\/cr\s+\S+\s+g/);
    await kubectl.out('create serviceaccount robot');
    const token = (await kubectl.out('create token robot --duration=10m --audience=mine')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      aud: string[];
      sub: string;
      exp: number;
      iat: number;
    };
    expect(claims).toMatchObject({ aud: ['mine'], sub: 'system:serviceaccount:create:robot' });
    expect(claims.exp - claims.iat).toBe(600);
  });

  it('creates quotas, disruption budgets, priority classes and ingresses', async () => {
    await kubectl.out('create quota q --hard=pods=100,cpu=4');
    expect(await read('quota/q', '{.spec.hard.pods} {.spec.hard.cpu}')).toBe('100 4');
    await kubectl.out('create poddisruptionbudget p --selector=app=web --min-available=1');
    expect(await kubectl.out('get pdb p')).toMatch(/p\s+1\s+N\/A\s+\d/);
    await kubectl.out('create priorityclass high --value=100 --description=important');
    expect(await kubectl.out('get priorityclass high')).toMatch(/high\s+100\s+false/);
    await kubectl.out(['create', 'ingress', 'ing', '--class=nginx', '--rule=foo.example/bar*=svc:80,tls=t']);
    expect(await kubectl.out('get ingress ing')).toMatch(/ing\s+nginx\s+foo\.example\s+80, 443/);
  });

  it('creates what a kustomization and a folder of files hold', async () => {
    const folder = join(suite.folder, 'kustomized');
    await mkdir(folder);
    await writeFile(
      join(folder, 'kustomization.yaml'),
      'namePrefix: my-\nresources: [objects.yaml]\nconfigMapGenerator: [{ name: made, literals: [a=b] }]\n',
    );
    await writeFile(
      join(folder, 'objects.yaml'),
      blockStyle(
        '{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n',
      ),
    );
    const applied = await kubectl.out('apply -k kustomized');
    expect(applied.split('\n').sort().slice(1)).toEqual([
      expect.stringMatching(/^configmap\/my-made-[a-z0-9]{10} created$/),
      'configmap/my-one created',
      'configmap/my-two created',
    ]);
    expect(await kubectl.out('kustomize kustomized')).toContain('name: my-two');
    expect(await kubectl.out('create -f kustomized/objects.yaml --dry-run=server -o name')).toBe(
      'configmap/one\nconfigmap/two\n',
    );
  });

  it('is told of every mistake in a file', async () => {
    const wrong =
      '{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {colour: red, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c, image: "x:1"}]}}}}';
    expect(await kubectl.refusal('create -f -', wrong)).toContain('strict decoding error: unknown field "spec.colour"');
    expect(await kubectl.refusal('create -f - --validate=false', wrong)).toContain(
      '"a":"c"}: `selector` does not match template `labels`',
    );
    expect(await kubectl.refusal('create -f -', '{apiVersion: v1, kind: Nonsense, metadata: {name: none}}')).toContain(
      'no matches for kind "Nonsense" in version "v1"',
    );
  });
});
