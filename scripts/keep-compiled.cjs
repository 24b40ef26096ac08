// Runs a built program in place of its launcher, and writes the code that V8 has compiled by its end beside its chunks.
//
//   node scripts/keep-compiled.cjs LAUNCHER ARGUMENTS...
'use strict';
const { renameSync, writeFileSync } = require('node:fs');

process.argv.splice(1, 1);
const { start, scripts, codeCacheOf } = require(process.argv[1]);
process.on('exit', () => {
  for (const [path, script] of scripts) {
    const temporary = `${codeCacheOf(path)}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, codeCacheOf(path));
  }
});
start();
