import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realClient, RealClientSetting, type Answer } from './real-client.fixture.ts';

const kubectl = await realClient('kubectl');

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: gadgets, kind: Gadget, shortNames: [gd], categories: [all] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {}, scale: { specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas } }
      additionalPrinterColumns:
        - { name: Size, type: integer, jsonPath: .spec.size }
        - { name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status' }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              x-kubernetes-validations: [{ rule: 'self.size < 100', message: too big a gadget }]
              properties:
                size: { type: integer, description: How big it is. }
                replicas: { type: integer, default: 1 }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
`;
const gadget = (size: number, more = ''): string =>
  `{apiVersion: example.com/v1, kind: Gadget, metadata: {name: g}, spec: {size: ${String(size)}${more}}}`;
const configMap = (value: string): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: shared}, data: {a: ${value}}}`;

describe.skipIf(kubectl === undefined)('kubectl against the API server of the lab', () => {
  let setting: RealClientSetting;
  const out = (...args: string[]): Promise<string> => setting.output(args);
  const run = (args: string, input?: string): Promise<Answer> => setting.run(args.split(' '), input);

  beforeAll(async () => {
    setting = await RealClientSetting.start(kubectl ?? '');
    await setting.output(['apply', '-f', '-'], CRD);
    await out('wait', '--for=condition=Established', 'crd/gadgets.example.com', '--timeout=20s');
  });
  afterAll(async () => {
    await setting[Symbol.asyncDispose]();
  });

  it('creates with its typed clients, which send protobuf', async () => {
    expect(await out('create', 'namespace', 'team')).toContain('namespace/team created');
    await out('create', 'secret', 'generic', 's', '--from-literal=user=admin');
    expect(await out('get', 'secret', 's', '-o', 'jsonpath={.data.user}')).toBe('YWRtaW4=');
    await out('create', 'deployment', 'web', '--image=nginx:1', '--replicas=2');
    const fields = '-o=jsonpath={.spec.replicas} {.spec.strategy.rollingUpdate.maxSurge} {.metadata.generation}';
    expect(await out('get', 'deployment', 'web', fields)).toBe('2 25% 1');
  });

  it('prints tables, wide and by name, and describes', async () => {
    expect(await out('get', 'deploy', 'web', '-o', 'wide')).toMatch(
      /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\s+web\s+0\/2\s+0\s+0\s+\d+s\s+nginx\s+nginx:1\s+app=web/,
    );
    expect(await out('get', 'svc', 'kubernetes')).toMatch(/ClusterIP\s+10\.96\.0\.1\s+<none>\s+443\/TCP/);
    expect(await out('describe', 'deployment', 'web')).toMatch(/Replicas:\s+2 desired/);
    expect(await out('get', 'all', '-o', 'name')).toContain('deployment.apps/web');
  });

  it('patches, labels, annotates and scales', async () => {
    const containers = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}';
    await out('patch', 'deploy', 'web', '-p', containers);
    await out('scale', 'deploy', 'web', '--replicas=4');
    await out('label', 'deploy', 'web', 'team=a');
    await out('annotate', 'deploy', 'web', 'note=b');
    await out('patch', 'deploy', 'web', '--type=json', '-p', '[{"op":"remove","path":"/metadata/annotations/note"}]');
    const fields =
      '-o=jsonpath={.spec.template.spec.containers[*].name} {.spec.replicas} {.metadata.labels.team} {.metadata.annotations.note}';
    const shown = (await out('get', 'deploy', 'web', fields)).trim().split(' ');
    expect(shown.sort()).toEqual(['4', 'a', 'nginx', 'side']);
  });

  it('applies, shows the difference and applies again', async () => {
    await setting.output(['apply', '-f', '-'], gadget(4));
    const difference = await run('diff -f -', gadget(5));
    expect(difference.code).toBe(1);
    expect(difference.stdout).toContain('+  size: 5');
    expect(await setting.output(['apply', '-f', '-'], gadget(5))).toContain('configured');
    expect((await run('diff -f -', gadget(5))).code).toBe(0);
  });

  it('is told what is wrong with an object', async () => {
    expect((await run('apply --server-side -f -', gadget(500))).stderr).toContain('too big a gadget');
    const unknown = await run('apply -f -', gadget(5, ', colour: red'));
    expect(unknown.stderr).toContain('strict decoding error: unknown field "spec.colour"');
    expect((await run('apply --server-side -f -', gadget(5, ', colour: red'))).stderr).toContain(
      '.spec.colour: field not declared in schema',
    );
  });

  it('applies server-side with owners of fields', async () => {
    await setting.output(['apply', '--server-side', '--field-manager=one', '-f', '-'], configMap('one'));
    const refused = await run('apply --server-side --field-manager=two -f -', configMap('two'));
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "one": .data.a');
    await setting.output(
      ['apply', '--server-side', '--field-manager=two', '--force-conflicts', '-f', '-'],
      configMap('two'),
    );
    expect(await out('get', 'cm', 'shared', '-o', 'jsonpath={.data.a}')).toBe('two');
  });

  it('waits for a condition that is reported meanwhile, and watches', async () => {
    const waiting = out('wait', '--for=condition=Ready', 'gadget/g', '--timeout=20s');
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await out('patch', 'gd', 'g', '--subresource=status', '--type=merge', '-p', status);
    expect(await waiting).toContain('condition met');
    expect(await out('get', 'gd')).toMatch(/NAME\s+SIZE\s+READY\s+g\s+5\s+True/);
    const deleted = out('wait', '--for=delete', 'gadget/g', '--timeout=20s');
    await out('delete', 'gadget', 'g');
    await deleted;
  });

  it('explains kinds, built in and custom', async () => {
    expect(await out('explain', 'deployment.spec.strategy')).toMatch(/rollingUpdate\s+<RollingUpdateDeployment>/);
    expect(await out('explain', 'gadget.spec')).toMatch(/size\s+<integer> -required-\s+How big it is\./);
  });

  it('finds out what is served and what may be done', async () => {
    expect(await out('api-resources', '--api-group=example.com')).toMatch(
      /gadgets\s+gd\s+example.com\/v1\s+true\s+Gadget/,
    );
    expect(await out('auth', 'can-i', 'delete', 'nodes')).toBe('yes\n');
    await out('create', 'serviceaccount', 'robot');
    await out('create', 'rolebinding', 'robot', '--clusterrole=view', '--serviceaccount=default:robot');
    const robot = '--as=system:serviceaccount:default:robot';
    expect(await out('auth', 'can-i', 'list', 'pods', robot)).toBe('yes\n');
    expect((await run(`auth can-i delete pods ${robot}`)).stdout).toBe('no\n');
    const whoami = await out('auth', 'whoami', `--token=${(await out('create', 'token', 'robot')).trim()}`);
    // The client certificate of the kubeconfig comes first.
    expect(whoami).toContain('kubernetes-admin');
  });

  it('reads logs', async () => {
    await out('run', 'p', '--image=nginx:1');
    expect(await out('logs', 'p')).toBe('log of default/p\n');
    expect((await run('logs p -c other')).stderr).toContain('container other is not valid for pod p');
  });

  it('deletes a definition with its objects', async () => {
    await setting.output(['apply', '-f', '-'], gadget(1));
    await out('delete', 'crd', 'gadgets.example.com', '--timeout=20s');
    expect((await run('get gadgets')).stderr).toContain('the server could not find the requested resource');
  });
});
