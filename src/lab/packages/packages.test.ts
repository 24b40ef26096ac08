import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { runCommand } from '../../base/index.ts';
import { fieldAt, type KubeObject } from '../../kube/index.ts';
import {
  pullChart,
  pushPackage,
  readChartArchive,
  readPackage,
  RegistryClient,
  verifyPackage,
} from '../../pack/index.ts';
import { createHelm } from '../../platform/helm/index.ts';
import { startRegistry } from '../registry/index.ts';
import { buildSamplePackages, type SamplePackagesOptions } from './index.ts';

const VENDOR_CRDS = new URL('../../../../shared/crds', import.meta.url).pathname;
const hasVendorCrds = existsSync(VENDOR_CRDS);
if (!hasVendorCrds) process.stderr.write("skipped: the vendor's CRDs in sample charts, ../shared/crds is not there\n");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-sample-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function options(provider: string, more: Partial<SamplePackagesOptions> = {}): SamplePackagesOptions {
  return {
    provider,
    versions: { platform: 'v4.2.2', kubeadmProvider: 'v1.0.6', infrastructureProvider: 'v1.0.18', kubeOvn: 'v4.2.24' },
    names: {
      core: '/root/core-package.tar',
      kubeadmProvider: '/root/cluster-api-provider-kubeadm.amd64.v1.0.6.tgz',
      infrastructureProvider: `/root/cluster-api-provider-${provider}.amd64.v1.0.18.tgz`,
    },
    self: { program: '/usr/bin/env', args: ['node', "/opt/it's here/globalctl.js"] },
    folder: join(folder, 'delivery'),
    cached: false,
    ...more,
  };
}

/** The chart of a provider package, by way of a registry as in a real installation. */
async function chartOf(path: string, name: string, version: string): Promise<Buffer> {
  const registry = await startRegistry({ folder: join(folder, 'registry') });
  const client = new RegistryClient({ address: registry.address });
  try {
    await pushPackage({ path, client });
    return (await pullChart({ registry: { address: registry.address }, name, version })).archive;
  } finally {
    await client.close();
    await registry.close();
  }
}

describe('Sample packages', () => {
  it.each(['dcs', 'vsphere', 'hcs'])(
    'of %s hold a chart with its CRDs and the image that it runs',
    async (provider) => {
      const paths = await buildSamplePackages(options(provider));
      const chartName = `ait/chart-cluster-api-provider-${provider}`;
      const contents = await readPackage(paths.infrastructureProvider);
      expect(contents.images.map(({ name }) => `${name.repository}:${name.tag}`)).toEqual([
        `${chartName}:v1.0.18`,
        `ait/cluster-api-provider-${provider}:v1.0.18`,
      ]);
      const chart = await chartOf(paths.infrastructureProvider, chartName, 'v1.0.18');
      const files = [...(await readChartArchive(chart, 'chart')).keys()];
      expect(files).toContain(`crds/${provider}clusters.infrastructure.cluster.x-k8s.io.yaml`);
      const helm = createHelm({ kubeconfigText: '' });
      const manifest = await helm.template({
        release: { name: `cluster-api-provider-${provider}`, namespace: 'cpaas-system' },
        chart,
        values: {
          global: {
            replicas: 2,
            registry: { address: '172.18.0.1:11443', imagePullSecrets: ['global-registry-auth'] },
          },
        },
      });
      const deployment = parseAllDocuments(manifest)
        .map((document) => document.toJS() as KubeObject)
        .find((object) => object.kind === 'Deployment');
      expect(fieldAt(deployment, 'spec', 'replicas')).toBe(2);
      expect(fieldAt(deployment, 'spec', 'template', 'spec')).toMatchObject({
        imagePullSecrets: [{ name: 'global-registry-auth' }],
        containers: [{ image: `172.18.0.1:11443/ait/cluster-api-provider-${provider}:v1.0.18` }],
      });
    },
  );

  it('are found again when nothing changed, and built anew when anything did', async () => {
    const cached = options('dcs', { cached: true });
    const first = await buildSamplePackages(cached);
    const { mtimeMs } = await stat(first.core);
    expect(await buildSamplePackages(cached)).toEqual(first);
    expect((await stat(first.core)).mtimeMs).toBe(mtimeMs);
    const other = await buildSamplePackages({ ...cached, self: { program: '/usr/bin/node', args: ['other.js'] } });
    expect(other.core).not.toBe(first.core);
    expect(await readdir(join(folder, 'delivery'))).toHaveLength(2);
  });

  it.skipIf(!hasVendorCrds)("carry the vendor's CRDs in the place of ours, with those that ours lack", async () => {
    const paths = await buildSamplePackages(options('vsphere', { crdsFolder: VENDOR_CRDS }));
    const chart = await chartOf(paths.infrastructureProvider, 'ait/chart-cluster-api-provider-vsphere', 'v1.0.18');
    const files = await readChartArchive(chart, 'chart');
    const vendor = await readFile(
      join(VENDOR_CRDS, 'providers/vmware-vsphere/infrastructure.cluster.x-k8s.io_vsphereclusters.yaml'),
      'utf8',
    );
    const crd = files.get('crds/vsphereclusters.infrastructure.cluster.x-k8s.io.yaml');
    expect(parse(crd?.toString() ?? '')).toEqual(parse(vendor));
    expect([...files.keys()]).toContain('crds/vsphereclustertemplates.infrastructure.cluster.x-k8s.io.yaml');
    expect([...files.keys()].filter((path) => path.includes('hcs') || path.includes('dcs'))).toEqual([]);
  });

  it('say which folder holds no CRDs', async () => {
    await expect(buildSamplePackages(options('dcs', { crdsFolder: folder }))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });
});

describe('The sample Core Package', () => {
  /** Unpacks the package below `root` with a stand-in for globalctl that notes how it was called. */
  async function unpack(root: string): Promise<{ setup: string; calls: () => Promise<string[]> }> {
    const program = join(folder, 'recorder');
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, 'clusters:\n- cluster:\n    proxy-url: http://127.0.0.1:4242\n');
    await writeFile(
      program,
      `#!/bin/sh\necho "$* proxy=$GLOBALCTL_PROXY" >> '${folder}/calls'\n[ "$2" = lab ] && echo '${kubeconfig}'\nexit 0\n`,
    );
    await chmod(program, 0o755);
    const { core } = await buildSamplePackages(options('dcs', { self: { program, args: ["it's one word"] } }));
    const target = join(root, 'root/cpaas-install');
    await mkdir(target, { recursive: true });
    await runCommand({ program: 'tar', args: ['-xvf', core, '-C', target] });
    return {
      setup: join(target, 'installer'),
      calls: async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n'),
    };
  }

  it("unpacks to the guide's files, with a payload that is sound", async () => {
    const { setup } = await unpack(join(folder, 'host'));
    expect((await stat(join(setup, 'res/amd64/packtool'))).mode & 0o111).not.toBe(0);
    const [payload = ''] = await readdir(join(setup, 'res/payload'));
    await verifyPackage(join(setup, 'res/payload', payload));
    const names = (await readPackage(join(setup, 'res/payload', payload))).images.map(({ name }) => name.repository);
    expect(names).toEqual(
      expect.arrayContaining([
        'ait/chart-base-operator',
        'acp/chart-base',
        'acp/chart-acp',
        'acp/kube-ovn',
        'ait/registry',
      ]),
    );
  });

  it('boots the lab for the root that it was unpacked under, then loads the payload through its proxy', async () => {
    const root = join(folder, 'a host');
    const { setup, calls } = await unpack(root);
    await runCommand({ program: 'sh', args: ['setup.sh'], cwd: setup });
    expect(await calls()).toEqual([
      `it's one word lab bootstrap --root ${root} proxy=`,
      `it's one word packtool pack push -r 127.0.0.1:11443 -c ${setup}/res/payload/core-payload.amd64.v4.2.2.tgz proxy=http://127.0.0.1:4242`,
    ]);
  });

  it('refuses to run from a folder whose host root it cannot tell', async () => {
    const { setup } = await unpack(join(folder, 'host'));
    await runCommand({ program: 'cp', args: ['-r', setup, join(folder, 'elsewhere')] });
    await expect(
      runCommand({ program: 'sh', args: ['setup.sh'], cwd: join(folder, 'elsewhere') }),
    ).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      details: { found: expect.stringContaining('expected to lie in') as string },
    });
  });
});
