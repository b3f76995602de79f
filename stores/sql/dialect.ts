// Owns the list of what SQLite and MySQL say differently; everything else of a query is the same text for both.
// It decides nothing: each engine's folder fills it in.

import type { Kysely } from 'kysely';
import type { Entry } from '../../actors/mod.ts';
import type { Query, Statement } from './query.ts';
import type { Tables } from './schema.ts';

export interface Dialect {
  readonly engine: 'sqlite' | 'mysql';
  /** Writes the rarer queries and runs none. */
  readonly build: Kysely<Tables>;
  /** How many groups `insertGroups` takes: a round trip is dear, a statement in this process is not. */
  readonly groupsPerInsertMax: number;
  /** How many rooms' pasts one statement reads, for the same reason. */
  readonly roomsPerRead: number;
  /**
   * One INSERT for groups of different rooms. A group whose room does not end at the pos before it, or ends with a
   * higher fence, inserts nothing: asked and written in one statement.
   */
  insertGroups(groups: readonly (readonly Entry[])[]): Statement;
  /** The end of an INSERT: a row whose key is there already gets the new values. */
  replaceOnKey(key: string, columns: readonly string[]): string;
  /** The same for a number that only grows. */
  raiseOnKey(key: string, column: string): string;
  /** An expression. */
  readonly version: string;
  readonly ddl: Ddl;
}

/** What the tables' definitions need. */
export interface Ddl {
  /** A text of more than 64 KiB. */
  readonly longText: 'text' | 'mediumtext';
  /** Behind CREATE TABLE: texts are compared byte by byte, in every column. */
  readonly tableOptions: string;
  /** A query of the names of the tables that there are. */
  readonly tables: string;
  /** Runs the work while nobody else can, and undone as a whole where the engine can undo definitions. */
  alone<T>(work: () => Query<T>): Query<T>;
  /** An expression for people: the time of a column of milliseconds since 1970, in UTC. */
  utc(column: string): string;
}
