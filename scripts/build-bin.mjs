// Makes dist/bin/globalctl, one executable file for hosts without Node.js: the program bundled into one script, put into a
// copy of the running Node.js as a single executable application.
//
//   node scripts/build-bin.mjs [FOLDER]    into another folder than dist/bin/
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(root, process.argv[2] ?? 'dist/bin');
const SENTINEL = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

await mkdir(folder, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/globalctl.ts'],
  outfile: `${folder}/globalctl.cjs`,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  // A script inside an executable cannot import.
  supported: { 'dynamic-import': false },
  // A script inside an executable has no URL; the executable's place is what code that looks beside itself needs.
  define: { 'import.meta.url': '__executableUrl' },
  banner: { js: "const __executableUrl = require('node:url').pathToFileURL(process.execPath).href;" },
  logLevel: 'warning',
});
const config = `${folder}/sea.json`;
await writeFile(
  config,
  JSON.stringify({
    main: `${folder}/globalctl.cjs`,
    output: `${folder}/globalctl.blob`,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  }),
);
const made = spawnSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'inherit' });
if (made.status !== 0) process.exit(made.status ?? 1);
const executable = `${folder}/globalctl`;
await copyFile(process.execPath, executable);
await chmod(executable, 0o755);
const { inject } = await import('postject');
await inject(executable, 'NODE_SEA_BLOB', await readFile(`${folder}/globalctl.blob`), { sentinelFuse: SENTINEL });
console.log(executable);
