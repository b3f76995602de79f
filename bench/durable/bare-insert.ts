// Owns the second anchor of `durable`: the smallest durable INSERT that a MariaDB takes, over one connection as Parla's.
// What waits while the server is busy goes with the next statement; there is no index but the key, and nothing is looked at.

import { type Connection, createConnection } from 'mysql2/promise';
import type { SqlServer } from '../../test/support/backends/mod.ts';

const rowsMax = 64;

export class BareInsert {
  readonly #connection: Connection;
  #waiting: { readonly line: string; readonly done: () => void; readonly failed: (why: unknown) => void }[] = [];
  #writing: Promise<void> | null = null;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open({ port, user, password, database }: SqlServer): Promise<BareInsert> {
    const connection = await createConnection({ host: '127.0.0.1', port, user, password, database });
    await connection.query(
      'CREATE TABLE bare (id BIGINT PRIMARY KEY AUTO_INCREMENT, line VARCHAR(1000)) ENGINE=InnoDB',
    );
    return new BareInsert(connection);
  }

  /** Resolves when the row is committed. */
  append(line: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed });
      this.#writing ??= this.#write();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#connection.end();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, rowsMax);
      try {
        await this.#connection.execute(
          `INSERT INTO bare (line) VALUES ${batch.map(() => '(?)').join(', ')}`,
          batch.map(({ line }) => line),
        );
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = null;
  }
}
