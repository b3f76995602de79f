// Owns the face of doctor's looks at the backends.
// It holds nothing of its own.

export type { BackendFinding } from './finding.ts';
export { examineJournal } from './journal.ts';
export { examineMemcached } from './memcached.ts';
export { examineMysql, isCurrentSchema } from './mysql.ts';
export { examineRedis } from './redis.ts';
export { examineSqlite } from './sqlite.ts';
