// Owns the integrity check of a SQLite file, as a process of its own: node:sqlite waits, and only a process can be ended.
// It opens the file for reading, and prints what SQLite found: `ok`, or the first fault.

import { DatabaseSync } from 'node:sqlite';

const [path = ''] = process.argv.slice(2);
const database = new DatabaseSync(path, { readOnly: true, timeout: 500 });
const found = database.prepare('PRAGMA quick_check(1)').get();
process.stdout.write(String(Object.values(found ?? {})[0]));
database.close();
