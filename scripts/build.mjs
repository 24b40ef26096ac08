// Bundles the command-line program into dist/, split so that each command loads only what it needs.
import { build } from 'esbuild';
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { dynamicImports } from './dynamic-imports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = `${root}src/cli/globalctl.ts`;
if (!existsSync(entry)) process.exit(0);

await rm(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { globalctl: entry },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  plugins: [dynamicImports],
  platform: 'node',
  format: 'esm',
  target: 'node20',
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  minifySyntax: true,
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod(`${root}dist/globalctl.js`, 0o755);
