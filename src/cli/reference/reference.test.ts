import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorCodes, exitCodes } from '../../base/index.ts';
import { referenceFiles } from './index.ts';

const root = join(import.meta.dirname, '../../..');

describe('the files that are generated from code', () => {
  it.each([...referenceFiles()])('%s is what node scripts/generate-reference.mjs writes', async (path, content) => {
    expect(await readFile(join(root, path), 'utf8')).toBe(content);
  });

  it('list every error code and every exit code', () => {
    const page = referenceFiles().get('docs/errors.md') ?? '';
    for (const [code, { httpStatus, class: failure }] of Object.entries(errorCodes))
      expect(page).toContain(`| \`${code}\` | ${failure} (${String(exitCodes[failure])}) | ${String(httpStatus)} |`);
    for (const [name, code] of Object.entries(exitCodes)) expect(page).toContain(`| ${String(code)} | ${name} |`);
  });

  it('describe every field, with its variable of the guide', () => {
    const page = referenceFiles().get('docs/reference/site.md') ?? '';
    expect(page.split('\n').filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
    for (const variable of ['HOST_IP', 'CONTROL_PLANE_VIP', 'K8S_VERSION', 'HCS_SECRET_NAME', 'KUBE_OVN_JOIN_CIDR'])
      expect(page).toContain(`Guide: ${variable}.`);
  });

  it('list every command that a person calls and every environment variable of a flag', () => {
    const page = referenceFiles().get('docs/commands.md') ?? '';
    for (const command of [
      'init',
      'rehearse',
      'install',
      'status',
      'lab up',
      'lab packages',
      'pack push',
      'completion',
    ])
      expect(page).toMatch(new RegExp(`^## globalctl ${command}$`, 'm'));
    for (const variable of ['GLOBALCTL_FILENAME', 'GLOBALCTL_REHEARSAL', 'GLOBALCTL_STATE_DIR', 'GLOBALCTL_LAB'])
      expect(page).toContain(`| \`${variable}\` |`);
    expect(page).not.toContain('lab serve');
  });

  it('give editors a schema that knows draft-07 alone and holds no word of this project’s own', () => {
    const text = referenceFiles().get('schemas/site.schema.json') ?? '';
    const schema = z.looseObject({ $schema: z.string(), oneOf: z.array(z.unknown()) }).parse(JSON.parse(text));
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema.oneOf.length).toBeGreaterThanOrEqual(3);
    for (const word of ['"guideVariable"', '"expects"', '"derivedDefault"', '"secret"', 'prefixItems', '$defs'])
      expect(text).not.toContain(word);
  });
});
