import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGlobalctlError, startTicksOf } from '../../src/base/index.ts';
import { findBinary } from '../../src/platform/index.ts';
import { Program, run, type Ended } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

const LIMIT_MS = 240_000;

/** The programs of the optional npm package, not what PATH may hold: their output is compared word by word. */
async function packaged(name: 'kubectl' | 'helm'): Promise<string | undefined> {
  try {
    return (await findBinary(name, { env: { HOME: process.env['HOME'], PATH: '' } })).path;
  } catch (error) {
    if (isGlobalctlError(error, 'COMMAND_NOT_FOUND')) return undefined;
    throw error;
  }
}

const kubectlPath = await packaged('kubectl');
const helmPath = await packaged('helm');
if (kubectlPath === undefined || helmPath === undefined)
  process.stdout.write('skipped: a kept rehearsal under kubectl and helm: the optional npm package is not installed\n');

describe.skipIf(kubectlPath === undefined || helmPath === undefined)('a rehearsal that is kept', () => {
  let program: Program;
  let rehearsal: Rehearsal;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    program = await Program.build();
    rehearsal = await Rehearsal.create(program, 'dcs');
    env = { ...rehearsal.env, KUBECACHEDIR: join(rehearsal.folder, 'kubectl-cache'), TMPDIR: rehearsal.folder };
    const ended = await rehearsal.rehearse({ flags: ['--keep', '--speed', '600'] }).ended;
    expect(criteriaOf(ended).every((c) => c.ok)).toBe(true);
    expect(ended.stderr).toContain(`kubectl --kubeconfig ${rehearsal.bootstrapKubeconfig} get clusters`);
    expect(ended.stderr).toContain(`kubectl --kubeconfig ${rehearsal.globalKubeconfig} get nodes`);
  }, LIMIT_MS);

  afterAll(async () => {
    await rehearsal[Symbol.asyncDispose]();
    await program[Symbol.asyncDispose]();
  }, 60_000);

  type Cluster = 'minialauda' | 'global';
  const kubeconfigOf = (cluster: Cluster): string =>
    cluster === 'minialauda' ? rehearsal.bootstrapKubeconfig : rehearsal.globalKubeconfig;
  const kubectl = (cluster: Cluster, args: readonly string[], input?: string): Promise<Ended> =>
    run(kubectlPath ?? '', ['--kubeconfig', kubeconfigOf(cluster), ...args], {
      env,
      cwd: rehearsal.folder,
      ...(input !== undefined && { input }),
    });
  /** Rows of a table, each cut into its columns. */
  const rows = (text: string): string[][] =>
    text.split('\n').map((line) => line.split(/\s{2,}/).filter((cell) => cell !== ''));

  it('lists clusters, control planes and machines of all namespaces in the columns of Cluster API', async () => {
    const { code, stdout } = await kubectl('minialauda', ['get', 'clusters,kubeadmcontrolplanes,machines', '-A']);
    expect(code).toBe(0);
    const [clusters = [], controlPlanes = [], machines = []] = stdout.split('\n\n').map(rows);
    expect(clusters).toEqual([
      ['NAMESPACE', 'NAME', 'CLUSTERCLASS', 'PHASE', 'AGE', 'VERSION'],
      ['cpaas-system', 'cluster.cluster.x-k8s.io/global', 'Provisioned', expect.stringMatching(/^\d+(s|m|m\d+s)$/)],
    ]);
    expect(controlPlanes[0]).toEqual(
      ['NAMESPACE', 'NAME', 'CLUSTER', 'INITIALIZED', 'API SERVER AVAILABLE'].concat([
        'REPLICAS',
        'READY',
        'UPDATED',
        'UNAVAILABLE',
        'AGE',
        'VERSION',
      ]),
    );
    expect(controlPlanes[1]?.slice(0, 9)).toEqual(
      ['cpaas-system', 'kubeadmcontrolplane.controlplane.cluster.x-k8s.io/global-kcp'].concat([
        'global',
        'true',
        'true',
        '3',
        '3',
        '3',
        '0',
      ]),
    );
    expect(machines[0]).toEqual(['NAMESPACE', 'NAME', 'CLUSTER', 'NODENAME', 'PROVIDERID', 'PHASE', 'AGE', 'VERSION']);
    const nodeNames = machines
      .slice(1)
      .map(([, , cluster, node, , phase]) => `${cluster ?? ''} ${node ?? ''} ${phase ?? ''}`);
    expect(nodeNames.sort()).toEqual(
      ['global-cp-1', 'global-cp-2', 'global-cp-3', 'global-worker-1', 'global-worker-2'].map(
        (n) => `global ${n} Running`,
      ),
    );
  });

  it('says that an object is not there, with the exit code and the words of a real server', async () => {
    expect(await kubectl('minialauda', ['get', 'machines', 'nobody', '-n', 'cpaas-system'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error from server (NotFound): machines.cluster.x-k8s.io "nobody" not found\n',
    });
  });

  it('describes a machine with its owner and conditions, and a node with its Pods', async () => {
    const machine = await kubectl('minialauda', [
      ...['describe', 'machines', '-n', 'cpaas-system', '-l', 'cluster.x-k8s.io/control-plane'],
    ]);
    expect(machine.code).toBe(0);
    expect(machine.stdout.match(/^Kind: +Machine$/gm)).toHaveLength(3);
    expect(machine.stdout).toMatch(
      /Owner References:\n(?: {4}.*\n)* {4}Kind: +KubeadmControlPlane\n {4}Name: +global-kcp\n/,
    );
    expect(machine.stdout).toMatch(/Status: +True\n +Type: +NodeHealthy\n/);
    expect(machine.stdout.match(/^Events:/gm)).toHaveLength(3);

    const node = await kubectl('global', ['describe', 'node', 'global-cp-1']);
    expect(node.code).toBe(0);
    expect(node.stdout).toMatch(/^Roles: +control-plane$/m);
    expect(node.stdout).toMatch(/^ {2}Ready +True .* KubeletReady +\S/m);
    expect(node.stdout).toMatch(/^ {2}InternalIP: +10\.10\.20\.11$/m);
    expect(node.stdout).toMatch(/^ {2}kube-system +kube-apiserver-global-cp-1 /m);
  });

  it('shows changes as they happen', async () => {
    const watching = spawn(
      kubectlPath ?? '',
      [
        ...['--kubeconfig', rehearsal.bootstrapKubeconfig, 'get', 'configmaps', '-n', 'default', '-l', 'watched=yes'],
        ...['-w', '--output-watch-events'],
      ],
      { env, cwd: rehearsal.folder, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<string> => String((await lines.next()).value).replaceAll(/\s+/g, ' ');
      const apply = async (data: string): Promise<void> => {
        const text = `{apiVersion: v1, kind: ConfigMap, metadata: {name: w, namespace: default, labels: {watched: "yes"}}, data: ${data}}`;
        expect((await kubectl('minialauda', ['apply', '--server-side', '-f', '-'], text)).code).toBe(0);
      };
      // Without a first object the table's head would come with the first event; either way it is one line.
      await apply('{a: "1"}');
      expect(await next()).toBe('EVENT NAME DATA AGE');
      expect(await next()).toMatch(/^ADDED w 1 \d+s$/);
      await apply('{a: "1", b: "2"}');
      expect(await next()).toMatch(/^MODIFIED w 2 \d+s$/);
      expect((await kubectl('minialauda', ['delete', 'configmap', 'w', '-n', 'default'])).stdout).toBe(
        'configmap "w" deleted from default namespace',
      );
      expect(await next()).toMatch(/^DELETED w 2 \d+s$/);
    } finally {
      watching.kill();
    }
  });

  it('waits for conditions that hold, and gives up on one that does not', async () => {
    const met = await kubectl('minialauda', [
      ...['wait', '--for=condition=Ready', 'machines', '--all', '-n', 'cpaas-system', '--timeout=30s'],
    ]);
    expect(met.code).toBe(0);
    expect(met.stdout.match(/^machine\.cluster\.x-k8s\.io\/global-\S+ condition met$/gm)).toHaveLength(5);
    expect(
      await kubectl('global', ['wait', '--for=condition=DiskPressure', 'node/global-cp-1', '--timeout=1s']),
    ).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: timed out waiting for the condition on nodes/global-cp-1\n',
    });
  });

  it('applies on the server, remembers who owns which field, and refuses what another owns', async () => {
    const notes = (value: string): string =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: notes, namespace: default}, data: {a: "${value}"}}`;
    const apply = (value: string, ...more: string[]): Promise<Ended> =>
      kubectl('minialauda', ['apply', '--server-side', ...more, '-f', '-'], notes(value));
    expect(await apply('1')).toEqual({ code: 0, stdout: 'configmap/notes serverside-applied', stderr: '' });
    const refused = await apply('2', '--field-manager', 'somebody');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.a\n/);
    expect((await apply('2', '--field-manager', 'somebody', '--force-conflicts')).code).toBe(0);
    const owners = await kubectl('minialauda', [
      ...['get', 'configmap', 'notes', '-n', 'default', '--show-managed-fields'],
      ...['-o', 'jsonpath={range .metadata.managedFields[*]}{.manager} {.operation} {.fieldsV1}{end}|{.data.a}'],
    ]);
    expect(owners.stdout).toBe('somebody Apply {"f:data":{"f:a":{}}}|2');
  });

  it('refuses a custom resource that its definition does not allow', async () => {
    const deployment = (spec: string): string =>
      `{apiVersion: cluster.x-k8s.io/v1beta1, kind: MachineDeployment, metadata: {name: bad, namespace: cpaas-system}, spec: {${spec}}}`;
    const wrongType = await kubectl(
      'minialauda',
      ['apply', '--server-side', '-f', '-'],
      deployment('clusterName: global, replicas: three, selector: {}, template: {spec: {clusterName: global}}'),
    );
    expect(wrongType.code).toBe(1);
    expect(wrongType.stderr).toContain(
      'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    );
    const unknownField = await kubectl(
      'minialauda',
      ['apply', '--server-side', '-f', '-'],
      deployment('clusterName: global, nonsense: 1'),
    );
    expect(unknownField.code).toBe(1);
    expect(unknownField.stderr).toContain('.spec.nonsense: field not declared in schema');
    expect((await kubectl('minialauda', ['get', 'machinedeployments', 'bad', '-n', 'cpaas-system'])).code).toBe(1);
  });

  it('shows what an apply would change, and changes nothing', async () => {
    const file = join(rehearsal.folder, 'differing.yaml');
    const write = (value: string): Promise<void> =>
      writeFile(
        file,
        `{apiVersion: v1, kind: ConfigMap, metadata: {name: differing, namespace: default}, data: {a: "${value}"}}`,
      );
    await write('1');
    expect((await kubectl('minialauda', ['apply', '--server-side', '-f', file])).code).toBe(0);
    expect(await kubectl('minialauda', ['diff', '--server-side', '-f', file])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    await write('2');
    const { code, stdout } = await kubectl('minialauda', ['diff', '--server-side', '-f', file]);
    expect(code).toBe(1);
    expect(stdout.split('\n').filter((line) => /^[-+] /.test(line))).toEqual(['-  a: "1"', '+  a: "2"']);
    const live = await kubectl('minialauda', [
      'get',
      'configmap',
      'differing',
      '-n',
      'default',
      '-o',
      'jsonpath={.data.a}',
    ]);
    expect(live.stdout).toBe('1');
  });

  it('finds nothing to change in the manifest that the rehearsal applied', async () => {
    // The import pauses the Cluster here; everything else stands as it was rendered.
    const { code, stdout, stderr } = await kubectl('minialauda', [
      ...['diff', '--server-side', '--field-manager', 'globalctl', '-f'],
      join(rehearsal.host, 'root/yamls/new-global.yaml'),
    ]);
    expect(stderr).toBe('');
    expect(stdout).toBe('');
    expect(code).toBe(0);
  });

  it('explains fields of custom resources and of core ones from the served schema', async () => {
    const { code, stdout } = await kubectl('minialauda', ['explain', 'machine.spec.version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^GROUP: +cluster\.x-k8s\.io\nKIND: +Machine\nVERSION: +v1beta1\n\nFIELD: version <string>\n/,
    );
    const node = await kubectl('global', ['explain', 'nodes.spec']);
    expect(node.stdout).toMatch(/^ {2}podCIDRs?\t<(\[\])?string>$/m);
    const missing = await kubectl('minialauda', ['explain', 'machine.spec.nonsense']);
    expect(missing).toMatchObject({ code: 1, stderr: 'error: field "nonsense" does not exist\n' });
  });

  it('lists the releases of both clusters with helm', async () => {
    const releasesOf = async (cluster: Cluster): Promise<string[]> => {
      const { code, stdout } = await run(
        helmPath ?? '',
        ['--kubeconfig', kubeconfigOf(cluster), 'list', '-A', '-o', 'json'],
        { env, cwd: rehearsal.folder },
      );
      expect(code).toBe(0);
      const releases = JSON.parse(stdout) as { name: string; namespace: string; status: string; chart: string }[];
      return releases.map((r) => `${r.namespace}/${r.name} ${r.status} ${r.chart}`).sort();
    };
    expect(await releasesOf('minialauda')).toEqual([
      'cpaas-system/cluster-api-provider-dcs deployed chart-cluster-api-provider-dcs-v1.0.18',
      'cpaas-system/cluster-api-provider-kubeadm deployed chart-cluster-api-provider-kubeadm-v1.0.6',
    ]);
    expect((await releasesOf('global')).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(
      ['acp', 'base', 'base-operator', 'cluster-api', 'cluster-api-provider-dcs', 'cluster-api-provider-kubeadm'].map(
        (name) => `cpaas-system/${name} deployed`,
      ),
    );
  });

  it('is gone, with everything that it started, when the lab is taken down', async () => {
    const { pid } = await rehearsal.labStatus();
    expect(await rehearsal.labDown()).toEqual({ code: 0, stdout: '', stderr: 'the lab has been stopped\n' });
    // It has given up its folder; the process itself may be a moment behind.
    await expect.poll(() => startTicksOf(pid), { timeout: 10_000 }).toBeUndefined();
    const { code, stderr } = await kubectl('minialauda', ['get', 'nodes', '--request-timeout=5s']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/The connection to the server 10\.10\.20\.5:6443 was refused/);
  });
});
