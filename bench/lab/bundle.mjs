// The sources as programs: the parts that the bench drives, and the command line as users have it.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles `parts.ts` into the folder; answers the module's URL. The folder must be inside the project: libraries stay outside. */
export async function bundleParts(folder) {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'parts.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('parts.ts', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return pathToFileURL(outfile).href;
}

/** Builds the program into the folder; answers its path. */
export function buildProgram(folder) {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), folder], { stdio: 'inherit' });
  return join(folder, 'globalctl.js');
}
