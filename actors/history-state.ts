// Owns what the durable writer holds while it lives; all of it can be lost, because its callers repeat and the journal
// remembers. It decides nothing.

import type { Context, From } from '../runtime/mod.ts';
import { AppendLanes } from './append-lanes.ts';
import type { Entry } from './chat.ts';
import type { RoomId } from './ids.ts';
import { JournaledRooms } from './journaled-rooms.ts';
import { LastTails } from './last-tails.ts';
import { drainMinMs, tailsRememberedMax } from './limits.ts';
import { Marks } from './marks.ts';
import type { AppendOutcome } from './ports.ts';

export interface HistoryState {
  /** Null until the journal has said what it holds: before that nothing is written or read. */
  writer: number | null;
  begun: (() => void)[];
  readonly rooms: JournaledRooms;
  readonly lanes: AppendLanes;
  readonly tails: LastTails;
  /** Its own `send` is in its mailbox. */
  sending: boolean;
  /** False: what comes goes to the journal at once, instead of waiting for SQL each time. */
  sqlWell: boolean;
  /** A read failed, and SQL is being asked whether it is there. */
  suspecting: boolean;
  /** `busy`: a step is under way; `resting`: a timer will begin the next. */
  drain: 'idle' | 'resting' | 'busy';
  drainMs: number;
  /** The last batch is on its way to SQL: what comes waits for its outcome, so that the journal can become empty. */
  holding: boolean;
  /** Being put behind what SQL holds: nothing of it is read or written meanwhile. */
  renumbering: RoomId | null;
  /** How often each room was renumbered since it was last drained. */
  readonly renumbered: Map<RoomId, number>;
  readonly marks: Marks;
  /** Marks are in the journal too. */
  marksJournaled: boolean;
}

export function newHistoryState(): HistoryState {
  return {
    writer: null,
    begun: [],
    rooms: new JournaledRooms(),
    lanes: new AppendLanes(),
    tails: new LastTails(tailsRememberedMax),
    sending: false,
    sqlWell: true,
    suspecting: false,
    drain: 'idle',
    drainMs: drainMinMs,
    holding: false,
    renumbering: null,
    renumbered: new Map(),
    marks: new Marks(),
    marksJournaled: false,
  };
}

/** The caller repeats the same group: it may have been stored. */
export const unknown: AppendOutcome = { type: 'failed', code: 'unavailable', retryable: true };
export const behind: AppendOutcome = { type: 'behind' };
export const conflict: AppendOutcome = { type: 'conflict' };

export interface AppendRequest {
  readonly entries: readonly Entry[];
}

export type AppendFrom = From<AppendOutcome>;

/** There is something to drain, or SQL is to be asked whether it is back: the timer `drain` begins it. */
export function wakeDrain(state: HistoryState, context: Context): void {
  if (state.drain !== 'idle' || (state.rooms.size === 0 && state.sqlWell)) return;
  state.drain = 'resting';
  context.startTimer('drain', state.drainMs);
}

/** It may have been stored, or will be later. */
export function mayPass(outcome: AppendOutcome): boolean {
  return outcome.type === 'failed' && outcome.retryable;
}
