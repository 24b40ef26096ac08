// Bundles the command-line program into dist/, split so that each command loads only what it needs.
//
//   node scripts/build.mjs [FOLDER]    into another folder than dist/
//
// esbuild splits ES modules only; what it makes is turned into functions that scripts/launcher.cjs calls, because Node.js 20 keeps
// compiled code of scripts alone.
import { build, transform } from 'esbuild';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dynamicImports } from './dynamic-imports.mjs';
import { warmUp } from './warm-up.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = resolve(root, process.argv[2] ?? 'dist');
const chunks = join(outdir, 'chunks');

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { 'chunks/globalctl': 'src/cli/globalctl.ts' },
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  entryNames: '[dir]/[name]-[hash]',
  chunkNames: 'chunks/[name]-[hash]',
  write: false,
  minifySyntax: true,
  plugins: [dynamicImports],
  logLevel: 'warning',
});
await mkdir(chunks, { recursive: true });
await Promise.all(
  outputFiles.map(async ({ path, text }) => {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': '__moduleUrl' },
      logLevel: 'error',
    });
    await replace(path, `(function (exports, require, module, __moduleUrl) {${code.replace(/^#!/, '//')}\n})`);
  }),
);
const entry = outputFiles.find(({ path }) => basename(path).startsWith('globalctl-'));
const launcher = await readFile(join(root, 'scripts/launcher.cjs'), 'utf8');
await replace(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
await replace(join(outdir, 'globalctl.js'), launcher.replace('__ENTRY__', relative(outdir, entry.path)));
await chmod(join(outdir, 'globalctl.js'), 0o755);

// A lab of an earlier build may still load its chunks; what is an hour old and no longer written goes.
const written = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of await readdir(chunks)) {
  const path = join(chunks, name);
  if (!written.has(name.replace(/\.v8$/, '')) && Date.now() - (await stat(path)).mtimeMs > 3_600_000)
    await rm(path, { force: true });
}
await warmUp(outdir);

/** Programs that run from an earlier build find whole files at any moment. */
async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  const temporary = `${path}.${String(process.pid)}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
