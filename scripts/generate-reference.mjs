// Writes the files that are generated from code: the JSON Schema, the field reference, the lists of errors and commands,
// the example sites.
import { build } from 'esbuild';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside node_modules, so that the bundle finds the packages it does not carry.
await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
const folder = await mkdtemp(join(root, 'node_modules/.cache/reference-'));
try {
  const bundle = join(folder, 'reference.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/reference/index.ts'],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const { referenceFiles } = await import(pathToFileURL(bundle).href);
  for (const [path, content] of referenceFiles()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    console.log(path);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
