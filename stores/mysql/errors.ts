// Owns reading what the errors of MySQL, MariaDB and their client mean.
// It repeats a name and a number only: the servers quote values, and the client quotes what it was sent.

import { SqlError, type SqlErrorKind } from '../sql/sql-error.ts';

/** https://mariadb.com/kb/en/mariadb-error-code-reference/ and MySQL's; the two differ from 1900 on. */
const duplicates = new Set([
  1022, 1062, 1586,
  // A table, a column, an index, a foreign key of this name.
  1050, 1060, 1061, 1826,
]);
const guilty = new Set([
  // NULL, no default, wrong or too long a value, no such parent.
  1048, 1264, 1265, 1292, 1364, 1366, 1406, 1216, 1452,
  // A constraint, of MySQL and of MariaDB; a value that is no JSON, of either.
  3819, 4025, 3140, 3141, 4037, 4038,
]);
/** The server ends the connection, or has ended it. */
const lost = new Set([1053, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031]);
/** It is there and serves nobody, or not us. */
const unwell = new Set([
  // No room: for connections, memory, disk.
  1040, 1203, 1226, 1037, 1038, 1041, 1021, 1114,
  // No right.
  1044, 1045, 1049, 1129, 1130, 1142, 1227, 1698,
  // Read-only.
  1290, 1792, 1836,
]);
/** From here on a number has another name in MariaDB than in MySQL, and the client knows MySQL's. */
const ownNumbersFrom = 1_900;

/** Everything that the server or its client says; what else is thrown is a mistake of ours and comes back as it is. */
export function sqlErrorOf(error: unknown): unknown {
  if (error instanceof SqlError || !isClientError(error)) return error;
  return sqlError(kindOf(error), nameOf(error), error);
}

/** The connection was destroyed before this could be asked. */
export function goneBefore(): SqlError {
  return sqlError('lost', 'CONNECTION_LOST', null);
}

/** Nothing came in time: whether the statement is executed is not known. */
export function tooLate(): SqlError {
  return sqlError('lost', 'ETIMEDOUT', null);
}

/** An answer that is not the answer to what was asked: nothing more is believed of this connection. */
export function foreignReply(): SqlError {
  return sqlError('lost', 'FOREIGN_REPLY', null);
}

export function isUnwell(error: SqlError): boolean {
  const { cause } = error;
  return isClientError(cause) && unwell.has(cause.errno ?? 0);
}

function sqlError(kind: SqlErrorKind, code: string, cause: unknown): SqlError {
  return new SqlError(kind, { code, message: `the database says ${code}`, cause });
}

interface ClientError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly fatal?: boolean;
}

function isClientError(error: unknown): error is ClientError {
  if (!(error instanceof Error)) return false;
  return ('errno' in error && typeof error.errno === 'number') || ('fatal' in error && error.fatal === true);
}

function kindOf({ errno = 0, sqlState, fatal }: ClientError): SqlErrorKind {
  // Only what came from a server has a state, and it has done nothing of what it refuses.
  if (typeof sqlState !== 'string' || lost.has(errno)) return 'lost';
  if (duplicates.has(errno)) return 'duplicate';
  if (guilty.has(errno)) return 'guilty';
  return fatal === true && !unwell.has(errno) ? 'lost' : 'refused';
}

function nameOf({ code = 'CONNECTION_LOST', errno = 0, sqlState }: ClientError): string {
  if (typeof sqlState !== 'string') return code;
  return errno < ownNumbersFrom ? code : `ER_${errno}`;
}
