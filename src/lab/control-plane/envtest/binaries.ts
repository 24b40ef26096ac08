import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GlobalctlError } from '../../../base/index.ts';

/** The programs of a real control plane, looked at and found to work. */
export interface EnvtestBinaries {
  readonly folder: string;
  readonly etcd: string;
  readonly kubeApiServer: string;
  /** `v1.33.4`, as the program says. */
  readonly kubernetesVersion: string;
  /** `3.5.21` */
  readonly etcdVersion: string;
}

/** The oldest Kubernetes whose API the lab's controllers speak. */
const OLDEST_MINOR = 27;
/** A program of a hundred megabytes that has never been read from this disk takes a while. */
const VERSION_LIMIT_MS = 30_000;

/**
 * Looks for `etcd` and `kube-apiserver` in a folder and asks both for their version. Throws LAB_CONTROL_PLANE for a folder or a
 * program that is missing or does not work, and for a Kubernetes older than 1.27.
 */
export async function findEnvtestBinaries(folder: string): Promise<EnvtestBinaries> {
  if (!(await isFolder(folder)))
    throw new GlobalctlError('LAB_CONTROL_PLANE', {
      message: `KUBEBUILDER_ASSETS names ${folder}, which is no folder`,
      subject: folder,
    });
  const [etcd, kubeApiServer] = [join(folder, 'etcd'), join(folder, 'kube-apiserver')];
  const [etcdVersion, kubernetesVersion] = await Promise.all([
    versionOf(etcd, /^etcd Version: (\S+)/m),
    versionOf(kubeApiServer, /^Kubernetes (v\d+\.\d+\.\S+)/m),
  ]);
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
  if (major !== '1' || Number(minor) < OLDEST_MINOR)
    throw new GlobalctlError('LAB_CONTROL_PLANE', {
      message: `${kubeApiServer} is too old for the lab`,
      subject: kubeApiServer,
      expected: `v1.${String(OLDEST_MINOR)} or later`,
      found: kubernetesVersion,
    });
  return { folder, etcd, kubeApiServer, kubernetesVersion, etcdVersion };
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function versionOf(program: string, pattern: RegExp): Promise<string> {
  try {
    await access(program, constants.X_OK);
  } catch (error) {
    throw new GlobalctlError('LAB_CONTROL_PLANE', {
      message: `${program} is missing or cannot be executed`,
      subject: program,
      cause: error,
    });
  }
  let said: string;
  try {
    const { stdout, stderr } = await promisify(execFile)(program, ['--version'], {
      timeout: VERSION_LIMIT_MS,
      env: {},
    });
    said = stdout + stderr;
  } catch (error) {
    throw new GlobalctlError('LAB_CONTROL_PLANE', {
      message: `${program} --version does not work`,
      subject: program,
      found: (error as Error).message,
      cause: error,
    });
  }
  const version = pattern.exec(said)?.[1];
  if (version === undefined)
    throw new GlobalctlError('LAB_CONTROL_PLANE', {
      message: `${program} does not say which version it is`,
      subject: program,
      expected: String(pattern),
      found: said.trim().slice(0, 400),
    });
  return version;
}
