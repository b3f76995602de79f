#!/usr/bin/env node
// Owns the first line of every command: it checks the version of Node and goes on to main.ts.
// It never uses a language feature newer than Node 14, so that an old Node can still say what to do.

import { existsSync } from 'node:fs';

const nodeMajorMin = 24;
const major = Number(process.versions.node.split('.')[0]);
/** The repository runs as it is; a package carries compiled JavaScript instead, for Node strips no types in node_modules. */
const source = new URL('./main.ts', import.meta.url);
const main = existsSync(source) ? source : new URL('../build/app/main.js', import.meta.url);

if (major < nodeMajorMin) {
  process.stderr.write(
    `Parla needs Node ${nodeMajorMin} or newer and this is ${process.version}: run it with npm, which brings its own (npm start, npm run parla -- help).\n`,
  );
  process.exitCode = 1;
} else {
  import(main.href).then(
    ({ run }) => run(process.argv),
    (error) => {
      const missing = error && error.code === 'ERR_MODULE_NOT_FOUND' ? 'Run "npm ci" first. ' : '';
      process.stderr.write(`Parla cannot load itself. ${missing}${error}\n`);
      process.exitCode = 1;
    },
  );
}
