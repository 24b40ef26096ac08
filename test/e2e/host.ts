import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseDocument } from 'yaml';
import type { LabStatus } from '../../src/lab/index.ts';
import { inRepository, type Ended } from './program.ts';

/**
 * What an operator has, in `folder`: the example site of a provider as `site.yaml`, a delivery, `host` as the root of the
 * bootstrap host, and a lab with a proxy into the data centre.
 */
export async function prepareHost(
  provider: string,
  options: { readonly folder: string; readonly globalctl: (...args: string[]) => Promise<Ended> },
): Promise<void> {
  const { folder, globalctl } = options;
  await cp(inRepository(`examples/${provider}`), folder, { recursive: true });
  const file = join(folder, 'site.yaml');
  const site = parseDocument(await readFile(file, 'utf8'));
  const text = (...path: string[]): string => String(site.getIn(path));
  const packages = await globalctl('lab', 'packages', '-f', 'site.yaml', '-d', 'delivery', '-o', 'json');
  const up = await globalctl(
    ...['lab', 'up', '--host-ip', text('bootstrap', 'hostIP'), '--speed', '2000', '-o', 'json'],
    ...['--name', `${text('platform', 'host')}=${text('network', 'controlPlaneVIP')}`],
  );
  expect([packages.code, up.code], `${packages.stderr}${up.stderr}`).toEqual([0, 0]);
  site.set('packages', JSON.parse(packages.stdout) as unknown);
  site.setIn(['bootstrap', 'hostRoot'], 'host');
  site.setIn(['access', 'proxy'], (JSON.parse(up.stdout) as LabStatus).proxyUrl);
  await writeFile(file, site.toString());
}
