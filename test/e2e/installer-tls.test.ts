import { appendFile, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldAt, HttpKubeClient, PLATFORM_NAMESPACE, resources } from '../../src/kube/index.ts';
import { inRepository, Program } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

const LIMIT_MS = 240_000;

let program: Program;
beforeAll(async () => {
  program = await Program.build();
}, 120_000);
afterAll(async () => {
  await program[Symbol.asyncDispose]();
});

describe('a site whose installer is called over TLS', () => {
  it(
    'is rehearsed so, with the token that the service keeps in its Secret, which is nowhere to be read',
    async () => {
      await using rehearsal = await Rehearsal.create(program, 'hcs');
      const folder = join(rehearsal.folder, 'site');
      await cp(inRepository('examples/hcs'), folder, { recursive: true });
      const site = join(folder, 'site.yaml');
      await appendFile(site, '\naccess:\n  installer:\n    tls: true\n');
      const flags = ['--speed', '2000', '--state-dir', join(rehearsal.folder, 'state'), '--keep', '-o', 'json'];
      const ended = await rehearsal.start(['rehearse', '-f', site, ...flags]).ended;
      expect(criteriaOf(ended).filter((c) => !c.ok)).toEqual([]);

      const minialauda = await HttpKubeClient.fromFile(rehearsal.bootstrapKubeconfig);
      try {
        const ref = { name: 'cpaas-installer', namespace: PLATFORM_NAMESPACE };
        const { spec } = await minialauda.get(resources.deployments, ref);
        expect(fieldAt(spec, 'template', 'spec', 'containers', 0, 'ports', 0, 'containerPort')).toBe(8443);
        const secret = await minialauda.get(resources.secrets, { ...ref, name: 'cpaas-installer-access' });
        const token = Buffer.from(String(fieldAt(secret, 'data', 'token')), 'base64').toString('utf8');
        expect(token.length).toBeGreaterThan(30);
        const log = await readFile(join(rehearsal.host, 'var/cpaas/data/installer.log'), 'utf8');
        for (const text of [ended.stdout, ended.stderr, await rehearsal.journal(), log]) {
          expect(text.length).toBeGreaterThan(0);
          expect(text).not.toContain(token);
        }
      } finally {
        await minialauda.close();
      }
    },
    LIMIT_MS,
  );
});
