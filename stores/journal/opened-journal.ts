// Owns the journal as long as its file can be used: it opens it, answers each call of the port, and opens it again after
// an error. It knows no actor; what is worth a log line it reports.

import type { AppendOutcome, JournalProtocol } from '../../actors/mod.ts';
import {
  type Answer,
  type CallName,
  type Failure,
  failure,
  type Request,
  type Result,
  success,
} from '../../runtime/mod.ts';
import { SqlError, StoreOpenError } from '../sql/sql-error.ts';
import { isPassing, sqlErrorOf } from '../sqlite/errors.ts';
import { isDamage, openJournalFile, putAside } from './journal-file.ts';
import { type JournalLimits, JournalLog } from './journal-log.ts';
import { Remembered } from './remembered.ts';

export type JournalCall = Exclude<CallName<JournalProtocol>, 'status'>;
type Asked<N extends JournalCall> = Request<JournalProtocol, N>;

/** `setAside`: a file that cannot be read was kept under another name. `damaged`: single groups were. */
export type JournalEvent =
  | { readonly type: 'setAside'; readonly path: string }
  | { readonly type: 'damaged'; readonly groups: number }
  /** Nothing is wrong with the file: the disk is full, or somebody holds it. */
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'closed'; readonly reason: string }
  /** A group was refused because there is no room for it. */
  | { readonly type: 'full' }
  | { readonly type: 'opened' };

export interface JournalParts {
  readonly path: string;
  readonly limits: JournalLimits;
  readonly now: () => number;
  readonly report: (event: JournalEvent) => void;
}

interface Open {
  readonly log: JournalLog;
  readonly remembered: Remembered;
}

function isFull(outcome: AppendOutcome): boolean {
  return outcome.type === 'failed' && outcome.code === 'full';
}

/** After it could not be opened, calls are refused for so long without another try. */
const reopenMs = 500;
const done = {};

type Calls = {
  readonly [N in JournalCall]: (open: Open, request: Asked<N>) => Answer<JournalProtocol, N>;
};

const calls: Calls = {
  begin({ log, remembered }) {
    return { writer: log.begin(), rooms: log.rooms(), marks: remembered.marks() };
  },
  put: ({ log }, { groups }) => ({ outcomes: log.put(groups) }),
  oldest: ({ log }, { limit }) => log.oldest(limit),
  remove({ log }, { numbers, rooms }) {
    log.remove(numbers);
    return { held: rooms.filter((room) => log.holds(room)) };
  },
  replace: ({ log }, { room, upTo, groups }) => ({ replaced: log.replace(room, upTo, groups) }),
  setAside({ log }, { number, reason }) {
    log.setAside(number, reason);
    return done;
  },
  room: ({ log }, { room }) => ({ groups: log.room(room) }),
  tail: ({ log }, { room }) => ({ tail: log.tail(room) }),
  rooms: ({ log }, { site }) => ({ rooms: log.rooms(site) }),
  keepMarks: (open, { marks }) => kept(open, () => open.remembered.keepMarks(marks)),
  dropMarks: (open, { marks }) => kept(open, () => open.remembered.dropMarks(marks)),
  remembered: ({ remembered }) => remembered.accounts(),
  remember: (open, accounts) => kept(open, () => open.remembered.remember(accounts)),
  forget: (open, names) => kept(open, () => open.remembered.forget(names)),
  contents: ({ log }) => log.contents(),
};

function kept({ log }: Open, work: () => void): Record<string, never> {
  log.transaction(work);
  return done;
}

const unusable: Failure = { code: 'unavailable', message: 'the journal cannot be used now', retryable: true };
/** The caller has to `begin` again: it is not the writer, or the file is another one. */
const staleWriter: Failure = { code: 'staleWriter', message: 'another writer has begun', retryable: true };

export class OpenedJournal {
  readonly #parts: JournalParts;
  #open: Open | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  call<N extends JournalCall>(name: N, request: Asked<N>): Result<Answer<JournalProtocol, N>> {
    const open = this.#usable();
    if (open === null) return failure(unusable);
    const { report } = this.#parts;
    try {
      if ('writer' in request && request.writer !== open.log.writer) return failure(staleWriter);
      const answer = calls[name](open, request);
      if ('outcomes' in answer && answer.outcomes.some(isFull)) report({ type: 'full' });
      return success(answer);
    } catch (thrown) {
      const error = sqlErrorOf(thrown);
      if (!(error instanceof SqlError)) throw error;
      if (isPassing(thrown)) report({ type: 'refused', reason: error.message });
      else this.#retire(error);
      return failure(unusable);
    }
  }

  get usable(): boolean {
    return this.#open !== null;
  }

  close(): void {
    this.#open?.log.close();
    this.#open = null;
  }

  #usable(): Open | null {
    const { path, limits, now, report } = this.#parts;
    if (this.#open !== null) return this.#open;
    if (now() - this.#triedAt < reopenMs) return null;
    this.#triedAt = now();
    try {
      const { database, setAside } = openJournalFile(path, now());
      if (setAside !== null) report({ type: 'setAside', path: setAside });
      const log = new JournalLog(database, { limits, now, onDamage: (groups) => report({ type: 'damaged', groups }) });
      this.#open = { log, remembered: new Remembered(database) };
      report({ type: 'opened' });
      return this.#open;
    } catch (thrown) {
      const error = sqlErrorOf(thrown);
      if (!(error instanceof SqlError) && !(error instanceof StoreOpenError)) throw error;
      report({ type: 'closed', reason: error.message });
      return null;
    }
  }

  /** What SQLite has once failed to sync it may believe to be synced: the next call begins with the file itself. */
  #retire(error: Error): void {
    const { path, now, report } = this.#parts;
    this.close();
    this.#triedAt = Number.NEGATIVE_INFINITY;
    report({ type: 'closed', reason: error.message });
    if (isDamage(error)) report({ type: 'setAside', path: putAside(path, now()) });
  }
}
