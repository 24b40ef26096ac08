import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack } from 'tar-stream';
import { pathExists } from '../../base/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import { addTarFile, buildPackage, packageFileName, type Artifact, type ImageName } from '../../pack/index.ts';
import { corePayload, providerArtifacts, type SampleVersions } from './payload.ts';
import { launcherScript, packtoolScript, removalScript, setupScript, type SelfCommand } from './scripts.ts';
import { readCrdFolder } from './vendor-crds.ts';

/** Paths of the three files of a delivery. */
export interface SamplePackages {
  readonly core: string;
  readonly kubeadmProvider: string;
  readonly infrastructureProvider: string;
}

export interface SamplePackagesOptions {
  /** `dcs`, `vsphere` or `hcs`. */
  readonly provider: string;
  readonly versions: SampleVersions;
  /** Names of the files to write; paths are cut to their last part. */
  readonly names: SamplePackages;
  /** Images beyond the usual that the site's manifest names. */
  readonly extraImages?: readonly ImageName[] | undefined;
  /** Folder of the vendor's custom resource definitions, to put in the place of ours. */
  readonly crdsFolder?: string | undefined;
  /** What setup.sh and packtool run. */
  readonly self: SelfCommand;
  /** Folder to write into. With `cached`, a folder named by the content is made below it and used again. */
  readonly folder: string;
  readonly cached: boolean;
}

const ARCHITECTURE = 'amd64';

/**
 * Writes the sample delivery of a site: a Core Package that sets up the lab's minialauda, and the kubeadm and infrastructure
 * provider packages, in the shapes of the guide's steps 2 and 3. Only whole files ever appear under their names.
 */
export async function buildSamplePackages(options: SamplePackagesOptions): Promise<SamplePackages> {
  const { versions, provider, extraImages = [] } = options;
  const vendorCrds: ReadonlyMap<string, KubeObject> =
    options.crdsFolder === undefined ? new Map() : await readCrdFolder(options.crdsFolder);
  const [core, kubeadm, infrastructure] = await Promise.all([
    corePayload({ versions, provider, extraImages, vendorCrds }),
    providerArtifacts('kubeadm', versions.kubeadmProvider, vendorCrds),
    providerArtifacts(provider, versions.infrastructureProvider, vendorCrds),
  ]);
  const folder = options.cached
    ? join(options.folder, await contentKey(options, [core, kubeadm, infrastructure]))
    : options.folder;
  const paths: SamplePackages = {
    core: join(folder, basename(options.names.core)),
    kubeadmProvider: join(folder, basename(options.names.kubeadmProvider)),
    infrastructureProvider: join(folder, basename(options.names.infrastructureProvider)),
  };
  if (options.cached && (await allExist(paths))) return paths;
  await Promise.all([
    buildPackage({
      name: 'cluster-api-provider-kubeadm',
      architecture: ARCHITECTURE,
      version: versions.kubeadmProvider,
      artifacts: kubeadm,
      path: paths.kubeadmProvider,
    }),
    buildPackage({
      name: `cluster-api-provider-${provider}`,
      architecture: ARCHITECTURE,
      version: versions.infrastructureProvider,
      artifacts: infrastructure,
      path: paths.infrastructureProvider,
    }),
    writeCorePackage(paths.core, { payload: core, version: versions.platform, self: options.self }),
  ]);
  return paths;
}

async function allExist({ core, kubeadmProvider, infrastructureProvider }: SamplePackages): Promise<boolean> {
  return (await Promise.all([core, kubeadmProvider, infrastructureProvider].map(pathExists))).every(Boolean);
}

/** Changes with anything that goes into the files. */
async function contentKey(
  options: SamplePackagesOptions,
  artifacts: readonly (readonly Artifact[])[],
): Promise<string> {
  const hash = createHash('sha256');
  const { self } = options;
  hash.update(
    JSON.stringify([
      options.names,
      options.versions,
      self,
      setupScript({ payload: '' }),
      packtoolScript,
      removalScript,
      launcherScript(self),
    ]),
  );
  for (const artifact of artifacts.flat())
    hash.update(`${artifact.name.repository}:${artifact.name.tag} ${artifact.top.digest}\n`);
  if (self.args.length === 0) {
    const { size, mtimeMs } = await stat(self.program);
    hash.update(`${String(size)} ${String(mtimeMs)}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The Core Package of guide step 2, a plain tar: `installer/setup.sh`, the tools below `res/amd64`, the payload as a package. */
async function writeCorePackage(
  path: string,
  content: { readonly payload: readonly Artifact[]; readonly version: string; readonly self: SelfCommand },
): Promise<void> {
  const { payload, version, self } = content;
  await mkdir(join(path, '..'), { recursive: true });
  const work = await mkdtemp(`${path}.`);
  try {
    const payloadName = packageFileName({ name: 'core-payload', architecture: ARCHITECTURE, version });
    const payloadPath = join(work, payloadName);
    await buildPackage({
      name: 'core-payload',
      architecture: ARCHITECTURE,
      version,
      artifacts: payload,
      path: payloadPath,
    });
    const tar = createPack();
    const temporary = join(work, 'core');
    const writing = pipeline(tar as unknown as AsyncIterable<Uint8Array>, createWriteStream(temporary));
    const fill = async (): Promise<void> => {
      await addTarFile(tar, {
        path: 'installer/setup.sh',
        content: setupScript({ payload: payloadName }),
        mode: 0o755,
      });
      await addTarFile(tar, { path: 'installer/remove-minialauda.sh', content: removalScript, mode: 0o755 });
      await addTarFile(tar, { path: 'installer/res/amd64/packtool', content: packtoolScript, mode: 0o755 });
      const globalctl = 'installer/res/amd64/globalctl';
      if (self.args.length > 0) await addTarFile(tar, { path: globalctl, content: launcherScript(self), mode: 0o755 });
      else {
        const entry = tar.entry({
          name: globalctl,
          mode: 0o755,
          mtime: new Date(0),
          size: (await stat(self.program)).size,
        });
        await pipeline(createReadStream(self.program), entry as unknown as NodeJS.WritableStream);
      }
      await addTarFile(tar, { path: `installer/res/payload/${payloadName}`, content: await readFile(payloadPath) });
      tar.finalize();
    };
    await Promise.all([fill(), writing]);
    await rename(temporary, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
