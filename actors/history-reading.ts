// Owns what the durable writer answers about the past: SQL and the journal read as one log, and either alone where that
// is the whole. It changes nothing, and answers `unavailable` rather than a part.
//
// The journal is always read before SQL: what drains between the two is then in both, and never in neither.

import type { Answer, Context, Failure, From, Request, Result } from '../runtime/mod.ts';
import type { Entry } from './chat.ts';
import { refusal } from './errors.ts';
import type { KnownTail } from './history-protocol.ts';
import type { HistoryState } from './history-state.ts';
import { noteSql, pump } from './history-writing.ts';
import type { OperatorName, RoomId, SiteId } from './ids.ts';
import { journal } from './journal-protocol.ts';
import { historyReadDeadlineMs, journalReadDeadlineMs, storeProbeDeadlineMs } from './limits.ts';
import { emptyPast, mergedPage, mergedPast, type PageRead, type PageWanted, pageOfSql } from './merged-past.ts';
import { type RoomPast, type RoomTail, type StoreProtocol, store } from './ports.ts';

type Then<A> = (result: Result<A>) => void;

export const unreadable = refusal('unavailable', 'the store cannot be read now');

const inSql = { deadlineMs: historyReadDeadlineMs };
const inJournal = { deadlineMs: journalReadDeadlineMs };

/** Where this node's own log of the room ends: in the journal, as long as there is anything of it there. */
export function tail(
  state: HistoryState,
  { room }: { readonly room: RoomId },
  context: Context,
  from: From<KnownTail>,
) {
  const then: Then<RoomTail> = (result) => {
    const last = state.tails.of(room);
    if (result.ok) context.reply(from, { ...result.value, sure: true });
    else if (last !== null && !state.rooms.has(room)) context.reply(from, { ...last, sure: false });
    else context.refuse(from, unreadable);
  };
  if (!state.rooms.has(room)) {
    askSql({ state, context }, 'tail', { room }, (result) => {
      if (result.ok) state.tails.read(room, result.value);
      then(result);
    });
    return;
  }
  if (state.renumbering === room) return then(failed);
  return context.ask(journal, 'tail', { room }, inJournal, (result) => {
    if (!result.ok) return then(failed);
    const { tail: own } = result.value;
    if (own === null) return askSql({ state, context }, 'tail', { room }, then);
    const { pos, seq, fence } = own;
    if (seq !== null) return then({ ok: true, value: { pos, seq, fence } });
    // Nobody said anything in the journal's part: the last number is SQL's.
    return askSql({ state, context }, 'tail', { room }, (sql) => {
      then(sql.ok ? { ok: true, value: { pos, seq: sql.value.seq, fence } } : sql);
    });
  });
}

interface LoadRequest {
  readonly room: RoomId;
  readonly copy?: RoomPast;
}

export function load(state: HistoryState, request: LoadRequest, context: Context, from: From<RoomPast>): void {
  loadMerged(state, request, context, (result) => answer(context, from, result));
}

function loadMerged(state: HistoryState, { room, copy }: LoadRequest, context: Context, then: Then<RoomPast>): void {
  ownEntries(state, room, context, (own) => {
    if (!own.ok) return then(own);
    const entries = own.value;
    const [first] = entries;
    if (first === undefined) return askSql({ state, context }, 'load', { room }, then);
    const merged = (past: RoomPast) => {
      const whole = mergedPast(past, entries);
      then(whole === null ? failed : { ok: true, value: whole });
    };
    if (first.pos === 1) return merged(emptyPast);
    const continued = copy !== undefined && copy.pos >= first.pos - 1 ? copy : null;
    if (!state.sqlWell && continued !== null) return merged(continued);
    return askSql({ state, context }, 'load', { room }, (sql) => {
      if (sql.ok) merged(sql.value);
      else if (continued !== null) merged(continued);
      else then(sql);
    });
  });
}

export function page(
  state: HistoryState,
  { room, ...wanted }: PageWanted & { readonly room: RoomId },
  context: Context,
  from: From<PageRead>,
): void {
  const then: Then<PageRead> = (result) => answer(context, from, result);
  ownEntries(state, room, context, (own) => {
    if (!own.ok) return then(own);
    const asked = pageOfSql(wanted, own.value);
    if (asked === null) return then({ ok: true, value: mergedPage(wanted, own.value, null) });
    return askSql({ state, context }, 'page', { room, ...asked }, (sql) => {
      then(sql.ok ? { ok: true, value: mergedPage(wanted, own.value, sql.value) } : sql);
    });
  });
}

interface SiteRequest {
  readonly site: SiteId;
  readonly since: number;
  readonly closedAfter: number;
}

interface Pasts {
  readonly pasts: readonly (RoomPast & { readonly room: RoomId })[];
  readonly whole: boolean;
}

/** Rooms of the journal as both know them; when SQL cannot be read, those that can be told all the same. */
export function conversations(state: HistoryState, request: SiteRequest, context: Context, from: From<Pasts>): void {
  const { site } = request;
  ownRooms(state, site, context, (rooms) => {
    if (!rooms.ok) return answer(context, from, rooms);
    return askSql({ state, context }, 'conversations', request, (sql) => {
      if (!sql.ok && rooms.value.length === 0) return answer(context, from, sql);
      const own = new Set(rooms.value);
      const found = sql.ok ? sql.value.pasts.filter(({ room }) => !own.has(room)) : [];
      return loadAll(state, rooms.value, context, (loaded) => {
        const whole = sql.ok && loaded.length === rooms.value.length;
        context.reply(from, { pasts: [...found, ...loaded], whole });
      });
    });
  });
}

function loadAll(
  state: HistoryState,
  rooms: readonly RoomId[],
  context: Context,
  then: (loaded: Pasts['pasts']) => void,
  loaded: Pasts['pasts'] = [],
): void {
  const [room, ...more] = rooms;
  if (room === undefined) {
    then(loaded);
    return;
  }
  loadMerged(state, { room }, context, (result) => {
    loadAll(state, more, context, then, result.ok ? [...loaded, { room, ...result.value }] : loaded);
  });
}

interface MarksRequest {
  readonly operator: OperatorName;
  readonly rooms: readonly RoomId[];
}
type MarksRead = { readonly marks: readonly { readonly room: RoomId; readonly seq: number }[] };

/** While SQL is unwell a mark that nobody knows counts as none: lines come again rather than never. */
export function marks(state: HistoryState, request: MarksRequest, context: Context, from: From<MarksRead>): void {
  const { operator, rooms } = request;
  askSql({ state, context }, 'marks', request, (sql) => {
    if (!sql.ok && state.sqlWell) return context.refuse(from, unreadable);
    const stored = new Map(sql.ok ? sql.value.marks.map(({ room, seq }) => [room, seq]) : []);
    // What is not written yet counts as well.
    const seqOf = (room: RoomId) => Math.max(stored.get(room) ?? 0, state.marks.waiting(operator, room));
    return context.reply(from, { marks: rooms.map((room) => ({ room, seq: seqOf(room) })) });
  });
}

const failed: { readonly ok: false; readonly error: Failure } = { ok: false, error: unreadable };

function answer<A>(context: Context, from: From<A>, result: Result<A>): void {
  if (result.ok) context.reply(from, result.value);
  else context.refuse(from, unreadable);
}

interface Reader {
  readonly state: HistoryState;
  readonly context: Context;
}
type Read = 'tail' | 'load' | 'page' | 'conversations' | 'marks';

function askSql<N extends Read>(
  { state, context }: Reader,
  name: N,
  request: Request<StoreProtocol, N>,
  then: Then<Answer<StoreProtocol, N>>,
): void {
  context.ask(store, name, request, inSql, (result) => {
    if (!result.ok && result.error.retryable) suspect(state, context);
    then(result);
  });
}

/** One question failed: is it SQL? If so, nobody else has to wait to learn it. */
function suspect(state: HistoryState, context: Context): void {
  if (!state.sqlWell || state.suspecting) return;
  state.suspecting = true;
  context.ask(store, 'ping', {}, { deadlineMs: storeProbeDeadlineMs }, (result) => {
    state.suspecting = false;
    if (result.ok) return;
    noteSql(state, false, context);
    pump(state, context);
  });
}

/** What the journal holds of a room; nothing where it cannot hold anything. */
function ownEntries(state: HistoryState, room: RoomId, context: Context, then: Then<readonly Entry[]>): void {
  if (!state.rooms.has(room)) {
    then({ ok: true, value: [] });
    return;
  }
  if (state.renumbering === room) {
    then(failed);
    return;
  }
  context.ask(journal, 'room', { room }, inJournal, (result) => {
    then(result.ok ? { ok: true, value: result.value.groups.flatMap(({ entries }) => entries) } : failed);
  });
}

function ownRooms(state: HistoryState, site: SiteId, context: Context, then: Then<readonly RoomId[]>): void {
  if (state.rooms.size === 0) {
    then({ ok: true, value: [] });
    return;
  }
  context.ask(journal, 'rooms', { site }, inJournal, (result) => {
    then(result.ok ? { ok: true, value: result.value.rooms } : failed);
  });
}
