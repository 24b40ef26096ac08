import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/base/index.ts';
import { registerRender } from '../../src/cli/commands/render.ts';
import { registerValidate } from '../../src/cli/commands/validate.ts';
import { runCommand, type Outcome } from '../../src/cli/test-app.fixture.ts';
import { inRepository } from './program.ts';

/** A copy of an example with its manifest rendered beside it, in which a person makes one mistake at a time. */
let folder: string;
let manifest: string;
let siteText: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-mistakes-'));
  await cp(inRepository('examples/dcs'), folder, { recursive: true });
  siteText = await readFile(join(folder, 'site.yaml'), 'utf8');
  const rendered = await runCommand(
    registerRender,
    ['render', '-f', join(folder, 'site.yaml'), '-d', '.', '-o', 'json'],
    {
      cwd: folder,
      env: {},
    },
  );
  expect(rendered.stderr).toBe('');
  manifest = await readFile(join(folder, 'root/yamls/new-global.yaml'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));

function replaced(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`there is no ${String(from)}`);
  return changed;
}

async function validate(file: string, text: string, ...flags: string[]): Promise<Outcome> {
  await writeFile(join(folder, file), text);
  if (file !== 'site.yaml') await writeFile(join(folder, 'site.yaml'), `${siteText}\nmanifest:\n  base: ${file}\n`);
  return await runCommand(registerValidate, ['validate', '-f', join(folder, 'site.yaml'), ...flags], { cwd: folder });
}

/** `line:column`, from 1, of the first character that `mark` matches in a text. */
function placeOf(text: string, mark: string | RegExp): string {
  const offset = text.search(typeof mark === 'string' ? mark.replaceAll('.', '\\.') : mark);
  if (offset < 0) throw new Error(`there is no ${String(mark)}`);
  const before = text.slice(0, offset).split('\n');
  return `${String(before.length)}:${String((before.at(-1)?.length ?? 0) + 1)}`;
}

interface Mistake {
  readonly file: 'site.yaml' | 'base.yaml';
  readonly from: string | RegExp;
  readonly to: string;
  readonly code: string;
  /** What stands at the place that is shown. */
  readonly at: string | RegExp;
  readonly cure: string;
}

const ten: Record<string, Mistake> = {
  'a Cluster that is not called global': {
    file: 'base.yaml',
    from: 'kind: Cluster\nmetadata:\n  name: global\n',
    to: 'kind: Cluster\nmetadata:\n  name: production\n',
    code: 'MANIFEST_NAME_GLOBAL',
    at: 'production',
    cure: 'global',
  },
  'a name without the prefix global-': {
    file: 'base.yaml',
    from: /name: global-kcp/g,
    to: 'name: kcp-without-prefix',
    code: 'MANIFEST_NAME_PREFIX',
    at: 'kcp-without-prefix',
    cure: 'global-',
  },
  'a reference that leads nowhere': {
    file: 'base.yaml',
    from: 'kind: DCSMachineTemplate\n      name: global-master-template',
    to: 'kind: DCSMachineTemplate\n      name: global-master-tmplate',
    code: 'MANIFEST_REFERENCE_DANGLING',
    at: 'global-master-tmplate',
    cure: 'global-master-template',
  },
  'the userdata format of another provider': {
    file: 'base.yaml',
    from: 'format: ignition',
    to: 'format: cloud-init',
    code: 'MANIFEST_FORMAT',
    at: 'cloud-init',
    cure: 'ignition',
  },
  'networks that overlap': {
    file: 'site.yaml',
    from: 'network:\n',
    to: 'network:\n  podCIDR: 10.10.0.0/16\n',
    code: 'SITE_CIDR_OVERLAP',
    at: '10.10.0.0/16',
    cure: '',
  },
  'a VIP that a node has too': {
    file: 'site.yaml',
    from: 'controlPlaneVIP: 10.10.20.10',
    to: 'controlPlaneVIP: 10.10.20.12',
    code: 'SITE_ADDRESS_CONFLICT',
    at: '10.10.20.12',
    cure: 'an address of its own',
  },
  'a pool that is too small': {
    file: 'site.yaml',
    from: /.*global-cp-3.*\n/,
    to: '',
    code: 'SITE_NODES_TOO_FEW',
    at: /nodes:\n {4}- \{ hostname: global-cp-1/,
    cure: 'replicas',
  },
  'a version without its v': {
    file: 'site.yaml',
    from: 'kubernetes: v1.33.7-2',
    to: 'kubernetes: 1.33.7-2',
    code: 'SITE_VERSION_PREFIX',
    at: '1.33.7-2',
    cure: 'leading v',
  },
  'a surge where disks persist': {
    file: 'base.yaml',
    from: 'maxSurge: 0',
    to: 'maxSurge: 1',
    code: 'MANIFEST_SURGE',
    at: /(?<=maxSurge: )1/,
    cure: '0',
  },
  'a registry address with a path': {
    file: 'site.yaml',
    from: 'hostIP: 10.10.20.5 # HOST_IP',
    to: 'hostIP: 10.10.20.5\n  registry:\n    nodeAddress: 10.10.20.5:11443/v2',
    code: 'SITE_REGISTRY_ADDRESS',
    at: '10.10.20.5:11443/v2',
    cure: 'path',
  },
};

describe('the ten mistakes that are made most', () => {
  it.each(Object.entries(ten))('%s is refused with its code, its place and its cure', async (_name, mistake) => {
    const { file, from, to, code, at, cure } = mistake;
    const text = replaced(file === 'site.yaml' ? siteText : manifest, from, to);
    const { exitCode, stdout } = await validate(file, text);
    expect(exitCode).toBe(file === 'site.yaml' ? exitCodes.site : exitCodes.manifest);
    const place = `${file}:${placeOf(text, at)}: error ${code}: `;
    const found = stdout.split('\n\n').find((part) => part.includes(place));
    if (found === undefined) throw new Error(`no ${place}\n${stdout}`);
    expect(/cure: +\S/.test(found)).toBe(true);
    expect(found).toContain(cure);
  });
});

describe('a mistake in a base manifest that merging cures', () => {
  const cured: Record<string, { readonly from: RegExp; readonly to: string; readonly wrong: string }> = {
    'a version without its v': { from: /version: v1\.33\.7-2/, to: 'version: 1.33.7-2', wrong: '1.33.7-2' },
    'a registry address with a path': {
      from: /(cpaas.io\/registry-address: )\S+/,
      to: '$110.10.20.5:11443/v2',
      wrong: '10.10.20.5:11443/v2',
    },
  };

  it('is the only thing that is told: a base that the site would write itself is not', async () => {
    const { exitCode, stdout } = await validate('base.yaml', manifest);
    expect(exitCode).toBe(exitCodes.ok);
    expect(stdout).not.toContain('the site replaces');
  });

  it.each(Object.entries(cured))('%s is told by validate and by render', async (_name, { from, to, wrong }) => {
    const text = replaced(manifest, from, to);
    const brief = await validate('base.yaml', text);
    expect(brief.exitCode).toBe(exitCodes.ok);
    expect(brief.stdout).toMatch(/the site replaces \d+ of its values \(-v lists them\)/);
    const full = await validate('base.yaml', text, '-v');
    const change = full.stdout.split('\n').find((line) => /^ {2}changed /.test(line) && line.includes(`${wrong} -> `));
    expect(change, full.stdout).toBeDefined();
    const rendered = await runCommand(registerRender, ['render', '-f', join(folder, 'site.yaml'), '-d', 'out'], {
      cwd: folder,
    });
    expect(rendered.stdout.split('\n')).toContain(change);
  });
});
