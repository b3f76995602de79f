// Owns an opened SQL store: the connection that runs statements, and the builder that writes the rarer ones.
// It runs nothing by itself.

import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { Connection, type Count } from './connection.ts';
import { queryBuilder, type Tables } from './schema.ts';

export interface Sql {
  readonly connection: Connection;
  readonly build: Kysely<Tables>;
}

export function sqlOn(database: DatabaseSync, count: Count): Sql {
  return { connection: new Connection(database, count), build: queryBuilder() };
}
