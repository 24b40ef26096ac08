import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { realClient, RealClientSetting, type Answer } from './real-client.fixture.ts';

/** A kubectl that is installed. */
interface InstalledKubectl {
  readonly path: string;
  /** `1.35.2` */
  readonly version: string;
}

/**
 * The kubectls to test with: those that GLOBALCTL_KUBECTLS names (paths, separated like those of PATH), else the newest that is
 * found together with every `kubectl-1.NN` on PATH.
 */
async function installedKubectls(): Promise<InstalledKubectl[]> {
  const named = (process.env['GLOBALCTL_KUBECTLS'] ?? '').split(delimiter).filter((path) => path !== '');
  const paths = named.length > 0 ? named : [await realClient('kubectl'), ...(await versionedOnPath())];
  const installed: InstalledKubectl[] = [];
  for (const path of paths) {
    if (path === undefined) continue;
    const { stdout } = await promisify(execFile)(path, ['version', '--client', '--output=json']);
    const version = /"gitVersion": *"v([^"]+)"/.exec(stdout)?.[1];
    if (version === undefined) throw new Error(`${path} does not say which version it is`);
    if (!installed.some((other) => other.version === version)) installed.push({ path, version });
  }
  return installed;
}

async function versionedOnPath(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute))
    for (const name of await readdir(folder).catch(() => []))
      if (/^kubectl-1\.\d+$/.test(name)) found.push(join(folder, name));
  return found;
}

const installed = await installedKubectls();

/** Words of a command line, separated by blanks, or ready as a list where a word holds blanks. */
export type Words = string | readonly string[];

const wordsOf = (words: Words): readonly string[] => (typeof words === 'string' ? words.trim().split(/\s+/) : words);

/** YAML in block style: before 1.32, kubectl takes whatever begins with a brace for JSON. */
export function blockStyle(yaml: string): string {
  return parseAllDocuments(yaml)
    .map((document) => stringify(document.toJSON(), { version: '1.1' }))
    .join('---\n');
}

/** Runs one kubectl, in one namespace; input is YAML of any style. */
export class Kubectl {
  readonly namespace: string;
  readonly #setting: RealClientSetting;

  constructor(setting: RealClientSetting, namespace: string) {
    this.#setting = setting;
    this.namespace = namespace;
  }

  /** Runs to the end, whatever that is. */
  run(words: Words, options: { input?: string; env?: object } = {}): Promise<Answer> {
    return this.#setting.run(this.#args(words), { ...options, input: blockStyle(options.input ?? '') });
  }

  /** Standard output of a run that must succeed. */
  out(words: Words, input = ''): Promise<string> {
    return this.#setting.output(this.#args(words), blockStyle(input));
  }

  /** What a run that must fail says on standard error. */
  async refusal(words: Words, input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, { input });
    if (code === 0) throw new Error(`${wordsOf(words).join(' ')} succeeded: ${stdout}`);
    return stderr;
  }

  /** A run that does not end by itself. */
  start(words: Words): ReturnType<RealClientSetting['start']> {
    return this.#setting.start(this.#args(words));
  }

  #args(words: Words): string[] {
    return [`--namespace=${this.namespace}`, ...wordsOf(words)];
  }
}

/** What the tests of one group with one kubectl share. */
export interface KubectlSuite {
  /** 35 for kubectl 1.35. */
  readonly minor: number;
  /** The path of the kubectl. */
  readonly program: string;
  /** The client's own folder, where it runs. */
  readonly folder: string;
  readonly setting: RealClientSetting;
  /** This kubectl in a new namespace that is ready for Pods. */
  in(namespace: string): Promise<Kubectl>;
}

/** Defines a group of tests once for every kubectl, each with a cluster of the lab; skipped where there is none. */
export function describeWithKubectl(title: string, define: (suite: KubectlSuite) => void): void {
  if (installed.length === 0) describe.skip(title, () => it('needs a kubectl', () => undefined));
  for (const { path, version } of installed)
    describe(`kubectl ${version}: ${title}`, () => {
      let setting: RealClientSetting | undefined;
      const started = (): RealClientSetting => {
        if (!setting) throw new Error('the cluster is started before the tests');
        return setting;
      };
      beforeAll(async () => {
        setting = await RealClientSetting.start(path);
      });
      afterAll(async () => {
        await setting?.[Symbol.asyncDispose]();
      });
      define({
        minor: Number(version.split('.')[1]),
        program: path,
        get folder() {
          return started().folder;
        },
        get setting() {
          return started();
        },
        in: async (namespace) => {
          await started().addNamespace(namespace);
          return new Kubectl(started(), namespace);
        },
      });
    });
}
