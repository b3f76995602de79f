// Owns what the journal's file keeps beside messages: accounts as SQL had them last, and marks that SQL did not take.
// It never decides what is newer than SQL: whoever reads it does, when SQL cannot be asked.

import type { DatabaseSync } from 'node:sqlite';
import type { JournalProtocol, OperatorName, OperatorRecord, SiteId, SiteRecord } from '../../actors/mod.ts';
import type { Request } from '../../runtime/mod.ts';

type Marks = Request<JournalProtocol, 'keepMarks'>['marks'];

export interface Accounts {
  readonly sites: readonly SiteRecord[];
  readonly operators: readonly OperatorRecord[];
}

export interface AccountNames {
  readonly sites: readonly SiteId[];
  readonly operators: readonly OperatorName[];
}

export class Remembered {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  accounts(): Accounts {
    const of = (kind: string) =>
      this.#database
        .prepare('SELECT record FROM accounts WHERE kind = ? ORDER BY name')
        .all(kind)
        .map(({ record }) => JSON.parse(String(record)));
    return { sites: of('site'), operators: of('operator') };
  }

  remember({ sites, operators }: Accounts): void {
    const put = this.#database.prepare('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)');
    for (const site of sites) put.run('site', site.id, JSON.stringify(site));
    for (const operator of operators) put.run('operator', operator.name, JSON.stringify(operator));
  }

  forget({ sites, operators }: AccountNames): void {
    const remove = this.#database.prepare('DELETE FROM accounts WHERE kind = ? AND name = ?');
    for (const id of sites) remove.run('site', id);
    for (const name of operators) remove.run('operator', name);
  }

  marks(): Marks {
    return this.#database.prepare('SELECT operator, room, seq FROM marks').all() as unknown as Marks;
  }

  keepMarks(marks: Marks): void {
    const keep = this.#database.prepare(
      'INSERT INTO marks VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)',
    );
    for (const { operator, room, seq } of marks) keep.run(operator, room, seq);
  }

  /** Those that went further meanwhile stay. */
  dropMarks(marks: Marks): void {
    const drop = this.#database.prepare('DELETE FROM marks WHERE operator = ? AND room = ? AND seq <= ?');
    for (const { operator, room, seq } of marks) drop.run(operator, room, seq);
  }
}
