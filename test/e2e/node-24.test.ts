import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inRepository, Program, run } from './program.ts';
import { criteriaOf } from './rehearsal.ts';

const LIMIT_MS = 300_000;

let folder: string;
let program: Program;
/** Path of Node.js 24, or why there is none. */
let node: { readonly path: string } | { readonly missing: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-node-24-'));
  program = await Program.build();
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', 'node@24'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const path = join(folder, 'node_modules/node/bin/node');
  node = existsSync(path)
    ? { path }
    : { missing: install.stderr.split('\n').find((line) => line.includes('error')) ?? 'npm install failed' };
}, 240_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('Node.js 24', () => {
  it('validates and rehearses as Node.js 20 does', { timeout: LIMIT_MS }, async (test) => {
    if ('missing' in node) {
      process.stdout.write(`skipped: Node.js 24: npm cannot fetch node@24: ${node.missing}\n`);
      return test.skip(node.missing);
    }
    const { path } = node;
    // setup.sh starts the program by the Node.js that runs it, wherever PATH leads.
    const env = { PATH: process.env['PATH'], HOME: join(folder, 'home') };
    const globalctl = (...args: string[]) => run(path, [program.script, ...args], { env, cwd: folder });
    expect((await run(path, ['--version'], { env, cwd: folder })).stdout).toMatch(/^v24\./);

    const site = inRepository('examples/dcs/site.yaml');
    const validated = await globalctl('validate', '-f', site);
    expect(validated).toMatchObject({ code: 0, stderr: '' });
    expect(validated.stdout).toContain('is valid');

    const rehearsed = await globalctl('rehearse', '-f', site, '--speed', '2000', '-o', 'json');
    expect(criteriaOf(rehearsed).filter((c) => !c.ok)).toEqual([]);
    expect(rehearsed.code).toBe(0);
  });
});
