// Bundles the command-line program into dist/, split so that each command loads only what it needs.
//
//   node scripts/build.mjs [FOLDER]    into another folder than dist/
import { build } from 'esbuild';
import { chmod, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dynamicImports } from './dynamic-imports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = resolve(root, process.argv[2] ?? 'dist');

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { globalctl: 'src/cli/globalctl.ts' },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  metafile: true,
  minifySyntax: true,
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [dynamicImports],
  logLevel: 'warning',
});
await chmod(join(outdir, 'globalctl.js'), 0o755);

// A lab of an earlier build may still load its chunks; what is an hour old and no longer written goes.
const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
for (const name of await readdir(join(outdir, 'chunks'))) {
  const path = join(outdir, 'chunks', name);
  if (!written.has(name) && Date.now() - (await stat(path)).mtimeMs > 3_600_000) await rm(path, { force: true });
}
