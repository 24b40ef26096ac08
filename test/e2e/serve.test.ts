import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { fieldAt, HttpKubeClient, PLATFORM_NAMESPACE, resources, watchUntil } from '../../src/kube/index.ts';
import { appReleaseCrd, moduleCrds } from '../../src/platform/crds/index.ts';
import { StateView } from '../../src/platform/installer/state/index.ts';
import { moduleInfoFor, modulePluginFor } from '../../src/platform/modules/index.ts';
import { Side } from '../rigs/import/sides.ts';
import { inRepository, Program, type Ended, type Running } from './program.ts';
import { Rehearsal } from './rehearsal.ts';

const LIMIT_MS = 300_000;
const namespace = PLATFORM_NAMESPACE;

let program: Program;
let folder: string;
beforeAll(async () => {
  [program, folder] = await Promise.all([Program.build(), mkdtemp(join(tmpdir(), 'globalctl-serve-'))]);
}, 120_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A service of `serve`, and the first line of its answer. */
async function serve(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ running: Running; first: string }> {
  let onLine: (line: string) => void = () => undefined;
  const first = new Promise<string>((resolve) => (onLine = resolve));
  const running = program.start(['serve', ...args], { env, cwd: folder, onLine });
  const early = running.ended.then(({ stdout, stderr }) => {
    if (stdout === '') throw new Error(`it ended:\n${stderr}`);
    return stdout;
  });
  return { running, first: await Promise.race([first, early]) };
}

function stop(running: Running): Promise<Ended> {
  running.kill('SIGTERM');
  return running.ended;
}

interface Access {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

async function call(access: Access, path: string, body?: string): Promise<{ status: number; body: unknown }> {
  const { url, ca, token } = access;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return await new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(new URL(`/cpaas-installer/api/${path}`, url), { method, headers, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    sent.once('error', reject).end(body);
  });
}

describe('serve installer', { timeout: LIMIT_MS }, () => {
  it('is the whole installer in a process: it takes the request over TLS, is ended and started in the middle, and completes', async () => {
    await using rehearsal = await Rehearsal.create(program, 'dcs');
    const site = inRepository('examples/dcs/site.yaml');
    const state = join(rehearsal.folder, 'state');
    const flags = ['--state-dir', state, '--speed', '2000', '--until', 'import'];
    expect((await rehearsal.start(['rehearse', '-f', site, ...flags]).ended).code).toBe(0);
    const rendered = await rehearsal.start(['render', '-f', site, '-d', folder, '-o', 'json']).ended;
    const { files } = JSON.parse(rendered.stdout) as { files: { path: string; step: string }[] };
    const submission = await readFile(files.find((file) => file.step === '8')?.path ?? '', 'utf8');

    await using minialauda = await HttpKubeClient.fromFile(rehearsal.bootstrapKubeconfig);
    // The one that runs as a Pod makes room, and the objects go through the API: the etcd is the lab's own.
    const deployment = { name: 'cpaas-installer', namespace };
    await minialauda.patch(resources.deployments, deployment, { type: 'merge', body: { spec: { replicas: 0 } } });
    const annotations = { 'installer.cpaas.io/import-method': 'kubectl' };
    const global = { name: 'global', namespace };
    await minialauda.patch(resources.clusters, global, { type: 'merge', body: { metadata: { annotations } } });
    const { proxyUrl } = await rehearsal.labStatus();
    const args = [
      ...['installer', '--kubeconfig', rehearsal.bootstrapKubeconfig, '--proxy', proxyUrl, '--listen', '127.0.0.1:0'],
      ...['--bootstrap-registry', '172.18.0.1:11443', '--identity', 'cpaas-installer-0', '--log-file', 'installer.log'],
    ];

    const before = await serve(args, rehearsal.env);
    const url = (first: string): string => first.replace(/^listening /, '');
    const secret = await minialauda.get(resources.secrets, { name: 'cpaas-installer-access', namespace });
    const read = (key: string): string => Buffer.from(String(fieldAt(secret, 'data', key)), 'base64').toString('utf8');
    const keys = { ca: read('ca.crt'), token: read('token') };
    expect(url(before.first)).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await call({ ...keys, token: 'none', url: url(before.first) }, 'progress')).status).toBe(401);
    expect(await call({ ...keys, url: url(before.first) }, 'config/dcs', submission)).toMatchObject({ status: 200 });
    expect((await stop(before.running)).code).toBe(0);

    const following = new AbortController();
    const view = new StateView(systemClock);
    const followed = view.follow({
      client: minialauda,
      signal: following.signal,
      onSynced: () => undefined,
      onTrouble: () => undefined,
    });
    const after = await serve(args, rehearsal.env);
    const access = { ...keys, url: url(after.first) };
    const percentages: number[] = [];
    view.onChange((seen) => void (seen && percentages.push(seen.percentage)));
    const complete = await view.until((seen) => seen.completedAt !== undefined, AbortSignal.timeout(LIMIT_MS / 2));
    const { body } = await call(access, 'progress');
    following.abort();
    await followed;
    const ended = await stop(after.running);
    expect(complete, ended.stderr.split('\n').slice(-12).join('\n')).toBeDefined();
    expect(body).toMatchObject({ status: 'Success', type: 'Complete', percentage: 100 });
    expect(ended.code).toBe(0);
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
    expect(new Set(percentages).size).toBeGreaterThan(5);
    const log = await readFile(join(folder, 'installer.log'), 'utf8');
    expect(log).toContain('request accepted');
    expect(log).toContain('status: Success, type: Complete');
    for (const text of [log, ended.stderr, ended.stdout]) expect(text).not.toContain(keys.token);
  });

  it('says so when its address is taken or its flags exclude each other', async () => {
    await using side = await Side.start();
    await writeFile(join(folder, 'kubeconfig'), await side.server.adminKubeconfig());
    const args = ['installer', '--kubeconfig', 'kubeconfig', '--bootstrap-registry', '192.0.2.5:11443'];
    const first = await serve([...args, '--plain-http', '--listen', '127.0.0.1:0'], process.env);
    const taken = first.first.replace(/^listening http:\/\//, '');
    const second = await program.start(['serve', ...args, '--listen', taken], { env: process.env, cwd: folder }).ended;
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(taken) as string });
    const both = ['serve', ...args, '--plain-http', '--token-file', 'token'];
    expect((await program.start(both, { env: process.env, cwd: folder }).ended).code).toBe(2);
    expect((await stop(first.running)).code).toBe(0);
  });
});

describe('serve apprelease and serve modules', { timeout: LIMIT_MS }, () => {
  it('work on the cluster of the kubeconfig and end in an orderly way', async () => {
    await using side = await Side.start();
    await writeFile(join(folder, 'kubeconfig'), await side.server.adminKubeconfig());
    for (const crd of [appReleaseCrd, ...moduleCrds])
      await side.client.create(resources.customResourceDefinitions, crd);
    const [operator, modules] = await Promise.all(
      ['apprelease', 'modules'].map((name) => serve([name, '--kubeconfig', 'kubeconfig'], process.env)),
    );
    // A registry that does not answer: the one makes the AppRelease, the other says what is wrong with it.
    const repoURL = '127.0.0.1:9';
    const charts = [{ name: 'acp/chart-x', releaseName: 'x', version: '1.0.0' }];
    const plugin = modulePluginFor({ name: 'x', type: 'product', charts, values: {}, repoURL, dependencies: [] });
    await side.client.create(resources.modulePlugins, plugin);
    const info = moduleInfoFor({ cluster: 'global', module: 'x', type: 'product', version: '1.0.0' });
    await side.client.create(resources.moduleInfoes, info);
    const signal = AbortSignal.timeout(60_000);
    const reported = await watchUntil(side.client, resources.appReleases, { signal }, (releases) =>
      [...releases.values()].map((release) => fieldAt(release, 'status')).find((status) => status !== undefined),
    );
    expect(JSON.stringify(reported)).toContain('127.0.0.1:9');
    for (const service of [operator, modules]) expect((await stop(service?.running as Running)).code).toBe(0);
    // The Lease was given back: nobody holds it.
    const { items } = await side.client.list(resources.leases, { namespace });
    expect(items.map((lease) => fieldAt(lease, 'spec', 'holderIdentity') ?? '')).toEqual(['']);
  });
});
