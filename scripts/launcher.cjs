#!/usr/bin/env node
// What the build puts at dist/globalctl.js: starts the program, whose chunks are compiled from what V8 has left of an earlier
// compilation where this Node.js takes it. That, and that no chunk is an ES module, halves what the program adds to the start of Node.js.
'use strict';
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

/** Where the build leaves what V8 compiled of a chunk. */
const codeCacheOf = (path) => `${path}.v8`;

const modules = new Map();
const scripts = new Map();

/** Exports of a chunk, run at most once. A cache of another V8, or of other flags, is refused by V8 and costs nothing. */
function load(path) {
  const known = modules.get(path);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(path, module);
  let cachedData;
  try {
    cachedData = readFileSync(codeCacheOf(path));
  } catch {
    // Few chunks have one.
  }
  const script = new Script(readFileSync(path, 'utf8'), { filename: path, cachedData });
  scripts.set(path, script);
  const requireFrom = (id) => (id.startsWith('.') ? load(join(dirname(path), id)) : require(id));
  script.runInThisContext()(module.exports, requireFrom, module, pathToFileURL(path).href);
  return module.exports;
}

const start = () => load(join(__dirname, '__ENTRY__'));

// The build requires it, to start the program and to keep what has been compiled then.
if (require.main === module) start();
else module.exports = { start, scripts, codeCacheOf };
