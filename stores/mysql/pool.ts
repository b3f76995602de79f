// Owns the connections to one server: how many there are, who has one, who waits for one.
// A place always comes back: with its connection where that is well, and without it where there is any doubt.
//
// mysql2's own pool was rejected: it gives out no connection that is still being made, so that one whose server falls
// silent in the middle of the greeting cannot be destroyed, and its place is gone.

import type { GateCall } from '../gate/mod.ts';
import type { Count } from '../sql/count.ts';
import { isSqlError } from '../sql/sql-error.ts';
import { goneBefore, sqlErrorOf } from './errors.ts';
import { Session } from './session.ts';
import type { MysqlAddress } from './url.ts';

export class Pool {
  readonly #address: MysqlAddress;
  readonly #count: Count;
  readonly #sessionsMax: number;
  readonly #sessions = new Set<Session>();
  /** Those of them that the server has let in. */
  readonly #opened = new Set<Session>();
  #idle: Session[] = [];
  /** Told true when there may be a place, and false when nobody will get one. */
  #waiting: ((mayCome: boolean) => void)[] = [];
  #closed = false;

  constructor(address: MysqlAddress, sessionsMax: number, count: Count) {
    this.#address = address;
    this.#sessionsMax = sessionsMax;
    this.#count = count;
  }

  /** When the call's time is over its connection is destroyed, whatever it does just then. */
  async use<T>(call: GateCall, work: (session: Session) => Promise<T>): Promise<T> {
    const held: { session: Session | null; over: boolean } = { session: null, over: false };
    call.onExpiry(() => {
      held.over = true;
      if (held.session !== null) this.#discard(held.session);
    });
    while (this.#sessions.size >= this.#sessionsMax && this.#idle.length === 0) {
      const mayCome = await new Promise<boolean>((resolve) => this.#waiting.push(resolve));
      if (!mayCome) throw goneBefore();
      if (held.over || this.#closed) {
        this.#next();
        throw goneBefore();
      }
    }
    const known = this.#idle.pop();
    const session = known ?? this.#made();
    held.session = session;
    try {
      if (known === undefined) await this.#letIn(session);
      else await session.prepareAppend();
      return await work(session);
    } catch (error) {
      const told = sqlErrorOf(error);
      // What is no error of the database may have left a transaction open.
      if (known === undefined || !isSqlError(told, 'duplicate', 'guilty', 'refused')) this.#discard(session);
      throw told;
    } finally {
      this.#giveBack(session);
    }
  }

  /** Destroys every connection at once. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.destroy();
    this.#sessions.clear();
    this.#opened.clear();
    this.#idle = [];
    for (const wake of this.#waiting.splice(0)) wake(true);
  }

  #made(): Session {
    const session = new Session(this.#address, this.#count, (ended) => this.#discard(ended));
    this.#sessions.add(session);
    return session;
  }

  async #letIn(session: Session): Promise<void> {
    await session.open();
    if (session.alive) this.#opened.add(session);
  }

  #giveBack(session: Session): void {
    if (!session.alive) this.#discard(session);
    else if (this.#sessions.has(session)) this.#idle.push(session);
    this.#next();
  }

  #discard(session: Session): void {
    if (session.alive) session.destroy();
    if (!this.#sessions.delete(session)) return;
    this.#idle = this.#idle.filter((one) => one !== session);
    const wasLetIn = this.#opened.delete(session);
    // Where the server lets nobody in and has let nobody in, a thousand who wait would find that out one by one.
    if (wasLetIn || this.#opened.size > 0) this.#next();
    else for (const wake of this.#waiting.splice(0)) wake(false);
  }

  /** Whoever has waited longest looks again; a place that he does not find he waits for again. */
  #next(): void {
    this.#waiting.shift()?.(true);
  }
}
