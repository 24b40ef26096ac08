import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { GADGET_DEFINITION, gadget } from './gadget-definition.fixture.ts';
import { blockStyle, describeWithKubectl, type Kubectl } from './kubectl.fixture.ts';

const configMap = (name: string, value: string, more = ''): string =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}${more}}, data: {a: "${value}"}}`;

describeWithKubectl('apply, diff, edit and patch', (suite) => {
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await suite.in('changing');
    await kubectl.out('apply -f -', GADGET_DEFINITION);
    await kubectl.out('wait --for=condition=Established crd/gadgets.example.com --timeout=20s');
  });
  const read = (object: string, path: string): Promise<string> => kubectl.out(['get', object, `-o=jsonpath=${path}`]);

  it('applies, shows the difference and applies again', async () => {
    expect(await kubectl.out('apply -f -', gadget(4))).toBe('gadget.example.com/g created\n');
    expect(await kubectl.out('apply -f -', gadget(4))).toBe('gadget.example.com/g unchanged\n');
    const difference = await kubectl.run('diff -f -', { input: gadget(5) });
    expect(difference.code).toBe(1);
    expect(difference.stdout).toContain('+  size: 5');
    const serverSide = await kubectl.run('diff --server-side --force-conflicts -f -', { input: gadget(5) });
    expect(serverSide.code).toBe(1);
    expect(serverSide.stdout).toContain('+  size: 5');
    expect(await kubectl.out('apply --dry-run=server -f -', gadget(5))).toContain('configured (server dry run)');
    expect(await read('gadget/g', '{.spec.size}')).toBe('4');
    expect(await kubectl.out('apply -f -', gadget(5))).toContain('configured');
    expect((await kubectl.run('diff -f -', { input: gadget(5) })).code).toBe(0);
    expect((await kubectl.run('diff -f -', { input: gadget(500) })).code).toBeGreaterThan(1);
  });

  it('removes by apply what the last one had, and keeps what others added', async () => {
    const two = '{apiVersion: v1, kind: ConfigMap, metadata: {name: merged}, data: {a: "1", b: "2"}}';
    await kubectl.out('apply -f -', two);
    await kubectl.out(['patch', 'cm', 'merged', '-p', '{"data":{"other":"3"}}']);
    await kubectl.out('apply -f -', two.replace(', b: "2"', ''));
    expect(JSON.parse(await read('cm/merged', '{.data}'))).toEqual({ a: '1', other: '3' });
    expect(await kubectl.out('apply view-last-applied cm/merged')).toContain('a: "1"');
    await writeFile(join(suite.folder, 'merged.yaml'), blockStyle(configMap('merged', 'fresh')));
    await kubectl.out('apply set-last-applied -f merged.yaml');
    expect(await kubectl.out('apply view-last-applied cm/merged -o json')).toContain('"a": "fresh"');
  });

  it('merges lists of workloads by their keys', async () => {
    const deployment = (image: string): string =>
      `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: "${image}"}]}}}}`;
    await kubectl.out('apply -f -', deployment('main:1'));
    const side = '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}';
    await kubectl.out(['patch', 'deployment', 'web', '-p', side]);
    await kubectl.out('apply -f -', deployment('main:2'));
    expect((await read('deployment/web', '{.spec.template.spec.containers[*].image}')).split(' ').sort()).toEqual([
      'main:2',
      'side:1',
    ]);
  });

  it('prunes what a set of files no longer has', async () => {
    const labels = ', labels: {part-of: set}';
    const both = `${configMap('keep', '1', labels)}\n---\n${configMap('drop', '1', labels)}\n`;
    await kubectl.out('apply -f - --prune -l part-of=set --prune-allowlist=core/v1/ConfigMap', both);
    const pruned = await kubectl.out(
      'apply -f - --prune -l part-of=set --prune-allowlist=core/v1/ConfigMap',
      configMap('keep', '1', labels),
    );
    expect(pruned).toContain('configmap/drop pruned');
    expect(await kubectl.out('get cm -l part-of=set -o name')).toBe('configmap/keep\n');
  });

  it('applies server-side with owners of fields, and takes them by force', async () => {
    await kubectl.out('apply --server-side --field-manager=one -f -', configMap('shared', 'one'));
    const refused = await kubectl.run('apply --server-side --field-manager=two -f -', {
      input: configMap('shared', 'two'),
    });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "one": .data.a');
    await kubectl.out('apply --server-side --field-manager=two --force-conflicts -f -', configMap('shared', 'two'));
    expect(await read('cm/shared', '{.data.a}')).toBe('two');
  });

  it('goes over from applying client-side to server-side and drops fields then, too', async () => {
    const two = '{apiVersion: v1, kind: ConfigMap, metadata: {name: moved}, data: {a: "1", b: "2"}}';
    await kubectl.out('apply -f -', two);
    expect(await kubectl.out('apply --server-side -f -', two)).toContain('serverside-applied');
    await kubectl.out('apply --server-side -f -', two.replace(', b: "2"', ''));
    expect(JSON.parse(await read('cm/moved', '{.data}'))).toEqual({ a: '1' });
    const managers = await kubectl.out('get cm moved -o yaml --show-managed-fields');
    expect(managers).not.toContain('kubectl-client-side-apply');
  });

  it('is told what is wrong with an object', async () => {
    expect(await kubectl.refusal('apply --server-side -f -', gadget(500))).toContain('too big a gadget');
    expect(await kubectl.refusal('apply -f -', gadget(5, ', colour: red'))).toContain(
      'strict decoding error: unknown field "spec.colour"',
    );
    expect(await kubectl.refusal('apply --server-side -f -', gadget(5, ', colour: red'))).toContain(
      '.spec.colour: field not declared in schema',
    );
  });

  it('edits with an editor, which opens again on a change that is refused', async () => {
    await kubectl.out('apply -f -', configMap('edited', 'one', ', labels: {tier: front}'));
    const editor = join(suite.folder, 'editor.sh');
    const edit = async (script: string): ReturnType<Kubectl['run']> => {
      await writeFile(editor, `#!/bin/sh\n${script}\n`);
      return kubectl.run('edit configmap edited', { env: { KUBE_EDITOR: `sh ${editor}` } });
    };
    expect((await edit(`sed -i 's/a: one/a: two/' "$1"`)).stdout).toBe('configmap/edited edited\n');
    expect(await read('cm/edited', '{.data.a}')).toBe('two');
    expect((await edit('true')).stderr).toContain('Edit cancelled, no changes made');
    // At first a label that cannot be; opened again, with the error on top, it is mended.
    const again = await edit(
      `if grep -q '^# .*valid label' "$1"; then sed -i 's/tier: b c/tier: back/' "$1"; else sed -i 's/tier: front/tier: b c/' "$1"; fi`,
    );
    expect(again.stdout).toContain('configmap/edited edited');
    expect(await read('cm/edited', '{.metadata.labels.tier}')).toBe('back');
  });

  it('keeps what was edited when the object changed meanwhile, and leaves a copy of what cannot be merged', async () => {
    await kubectl.out('apply -f -', configMap('raced', 'one'));
    const editor = join(suite.folder, 'racing-editor.sh');
    const other = `kubectl patch configmap raced --namespace=changing -p '{"data":{"b":"2"}}'`;
    await writeFile(
      editor,
      `#!/bin/sh\n${other.replace('kubectl', `"$TESTED_KUBECTL"`)}\nsed -i 's/a: one/a: two/' "$1"\n`,
    );
    const env = { KUBE_EDITOR: `sh ${editor}`, TESTED_KUBECTL: suite.program };
    expect((await kubectl.run('edit configmap raced', { env })).stdout).toContain('configmap/raced edited');
    expect(JSON.parse(await read('cm/raced', '{.data}'))).toEqual({ a: 'two', b: '2' });
    const gone = `"$TESTED_KUBECTL" delete configmap raced --namespace=changing\nsed -i 's/a: two/a: three/' "$1"\n`;
    await writeFile(editor, `#!/bin/sh\n${gone}`);
    const lost = await kubectl.run('edit configmap raced', { env });
    expect(lost.code).toBe(1);
    expect(lost.stderr).toMatch(/configmaps "raced" (was )?not found|could not be found on the server/);
    expect(lost.stderr).toMatch(/edits you made on deleted resources have been saved to ".*\.yaml"/);
  });

  it('patches in each of three ways, and subresources', async () => {
    await kubectl.out('create deployment p --image=nginx:1 --replicas=0');
    await kubectl.out(['patch', 'deploy', 'p', '--type=merge', '-p', '{"spec":{"minReadySeconds":7}}']);
    await kubectl.out('annotate deploy p note=b');
    await kubectl.out([
      'patch',
      'deploy',
      'p',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/metadata/annotations/note"}]',
    ]);
    expect(await read('deployment/p', '{.spec.minReadySeconds}{.metadata.annotations.note}')).toBe('7');
    expect(
      await kubectl.refusal([
        'patch',
        'deploy',
        'p',
        '--type=json',
        '-p',
        '[{"op":"test","path":"/kind","value":"x"}]',
      ]),
    ).toMatch(/the server rejected our request due to an error in our request|testing path \/kind/i);
    await kubectl.out(['patch', 'deploy', 'p', '--subresource=scale', '--type=merge', '-p', '{"spec":{"replicas":0}}']);
    expect(await kubectl.refusal(['patch', 'gadget', 'g', '-p', '{"spec":{"size":6}}'])).toContain(
      'application/strategic-merge-patch+json is not supported',
    );
    await kubectl.out(['patch', 'gadget', 'g', '--type=merge', '-p', '{"spec":{"size":6}}']);
    const status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
    await kubectl.out(['patch', 'gd', 'g', '--subresource=status', '--type=merge', '-p', status]);
    expect(await kubectl.out('get gd')).toMatch(/g\s+6\s+True/);
  });

  it('labels, annotates and sets', async () => {
    await kubectl.out('create deployment s --image=nginx:1 --replicas=0');
    expect(await kubectl.out('label deployment s tier=front')).toBe('deployment.apps/s labeled\n');
    expect(await kubectl.refusal('label deployment s tier=back')).toContain('--overwrite is false');
    await kubectl.out('label deployment s tier=back --overwrite');
    expect(await kubectl.out('label deployment s tier-')).toContain('unlabeled');
    expect(await kubectl.refusal(['label', 'deployment', 's', 'a=b c'])).toContain('a valid label must be');
    await kubectl.out('set image deployment/s nginx=nginx:2');
    await kubectl.out('set env deployment/s COLOUR=blue');
    await kubectl.out('set resources deployment/s --limits=cpu=200m,memory=512Mi');
    await kubectl.out('create serviceaccount robot');
    await kubectl.out('set serviceaccount deployment/s robot');
    const fields =
      '{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value} {.spec.template.spec.containers[0].resources.limits.memory} {.spec.template.spec.serviceAccountName}';
    expect(await read('deployment/s', fields)).toBe('nginx:2 blue 512Mi robot');
    expect(await kubectl.out('set env deployment/s --list')).toContain('COLOUR=blue');
  });

  it('replaces, and by force what cannot be changed', async () => {
    await kubectl.out('create -f -', configMap('r', 'one'));
    const old = await kubectl.out('get configmap r -o yaml');
    expect(await kubectl.out('replace -f -', configMap('r', 'two'))).toBe('configmap/r replaced\n');
    expect(await kubectl.refusal('replace -f -', old)).toContain(
      'Operation cannot be fulfilled on configmaps "r": the object has been modified',
    );
    const immutable = configMap('r', 'two').replace(', data', ', immutable: true, data');
    await kubectl.out('replace -f -', immutable);
    expect(await kubectl.refusal('replace -f -', configMap('r', 'three'))).toContain(
      'field is immutable when `immutable` is set',
    );
    expect(await kubectl.out('replace --force -f -', configMap('r', 'three'))).toContain('configmap/r replaced');
    expect(await read('cm/r', '{.data.a}')).toBe('three');
  });
});
