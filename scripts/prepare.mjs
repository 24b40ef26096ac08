// Builds the program when it is installed from its repository. `npm install -g git+https://…`, which pre-commit uses as well, comes
// here without the build's own packages: npm hands its --global to the install of them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
try {
  import.meta.resolve('esbuild');
} catch {
  const npm = process.env['npm_execpath'];
  if (npm === undefined) throw new Error('the build needs its packages: npm ci');
  const words = ['ci', '--global=false', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync(process.execPath, [npm, ...words], { cwd: root, stdio: 'inherit' });
}
await import('./build.mjs');
