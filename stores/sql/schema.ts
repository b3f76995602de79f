// Owns the tables as types: what a column holds, for the queries that kysely writes.
// It makes no table: migrations do, and the two must say the same.

/** One log for each room: every durable thing that happened in it, in one order. */
export interface EntryTable {
  id: string;
  room: string;
  site: string;
  pos: number;
  /** Only messages have one. */
  seq: number | null;
  kind: string;
  at: number;
  conversation: string;
  author_kind: string;
  author_id: string;
  author_name: string;
  cmid: string | null;
  text: string | null;
  /** JSON. */
  data: string | null;
  /** Never below that of the entry before. */
  fence: number;
}

export interface Tables {
  entries: EntryTable;
  marks: { operator: string; room: string; seq: number };
  sites: {
    id: string;
    name: string;
    /** JSON list. */
    origins: string;
    theme_color: string;
    theme_mode: string;
    locale: string;
    routing: string;
    keep_query_strings: number;
    identity_secret: string | null;
    created_at: number;
  };
  operators: { name: string; display_name: string; admin: number /** JSON. */; scram: string; created_at: number };
  /** `place` keeps the order in which the sites were given. */
  operator_sites: { operator: string; site: string; place: number };
  migrations: { name: string; timestamp: string };
}
