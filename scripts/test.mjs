// Everything that must hold: types, lint, format, and every test. Installs the servers and clients of others that the tests
// use, where it may (root, with apt); where it may not, says in one line what is skipped and why. Closes with one plain line.
//
//   npm test                   everything
//   npm test -- src/kube       only tests whose path contains one of the words, without the checks
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const words = process.argv.slice(2);

/** Programs of Debian packages that tests start; each test that needs one skips where it is missing. */
const tools = [
  { program: 'etcd', package: 'etcd-server', use: 'the etcd contract against a real etcd' },
  { program: 'etcdctl', package: 'etcd-client', use: "the lab's etcd through etcdctl" },
  { program: 'docker-registry', package: 'docker-registry', use: 'pushes into a registry of others' },
  { program: 'skopeo', package: 'skopeo', use: 'pulls by skopeo' },
];

const onPath = (program) =>
  (process.env['PATH'] ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));

function installTools() {
  const missing = tools.filter((t) => !onPath(t.program));
  if (missing.length === 0) return;
  const mayInstall = process.getuid?.() === 0 && onPath('apt-get');
  if (mayInstall) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const names = missing.map((t) => t.package);
    spawnSync('apt-get', ['update'], { stdio: 'ignore', env });
    const result = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], {
      stdio: 'ignore',
      env,
    });
    if (result.status === 0) console.log(`installed for the tests: ${names.join(' ')}`);
  }
  for (const tool of tools)
    if (!onPath(tool.program))
      console.log(
        `skipped: ${tool.use}: ${tool.program} is not installed${mayInstall ? ` and apt-get cannot install ${tool.package}` : `; as root: apt-get install ${tool.package}`}`,
      );
}

function check(name, command, args) {
  console.log(`\n> ${name}`);
  const passed = spawnSync(command, args, { stdio: 'inherit' }).status === 0;
  if (!passed) console.log(`${name}: FAILED`);
  return passed;
}

installTools();

const checks =
  words.length > 0
    ? []
    : [
        check('build', process.execPath, ['scripts/build.mjs']),
        check('types', 'npx', ['tsc', '--noEmit']),
        check('lint', 'npx', ['eslint', '.']),
        check('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']),
      ];

console.log('\n> tests');
const folder = mkdtempSync(join(tmpdir(), 'globalctl-tests-'));
const report = join(folder, 'report.json');
const run = spawnSync(
  'npx',
  ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...words],
  {
    stdio: 'inherit',
  },
);

let passed = checks.filter(Boolean).length;
let failed = checks.length - passed;
let skipped = 0;
if (existsSync(report)) {
  const counted = JSON.parse(readFileSync(report, 'utf8'));
  passed += counted.numPassedTests;
  failed += counted.numFailedTests;
  skipped = counted.numPendingTests + counted.numTodoTests;
  // A file that cannot be loaded has no test to count, and is a failure all the same.
  failed += counted.testResults.filter(
    (f) => f.status === 'failed' && f.assertionResults.every((a) => a.status !== 'failed'),
  ).length;
} else {
  failed += 1;
}
rmSync(folder, { recursive: true });
if (run.status !== 0 && failed === 0) failed = 1;

console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
