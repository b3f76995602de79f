// Owns the one path to change sites and operators, and the memory of those that the store had last (the journal keeps it),
// so that they work while it is away. It never sees a password; who knows an operator or a site is told when it changes.

import {
  type Answer,
  type CallName,
  type CallOutcome,
  type Context,
  defineBehaviour,
  type From,
  type Request,
  type Result,
  refuse,
  reply,
} from '../runtime/mod.ts';
import type { AccountsProtocol } from './accounts-protocol.ts';
import { type BridgeProtocol, bridge, outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import type { OperatorName, SiteId } from './ids.ts';
import { journal } from './journal-protocol.ts';
import {
  historyReadDeadlineMs,
  journalReadDeadlineMs,
  operatorsRememberedMax,
  storeAppendDeadlineMs,
} from './limits.ts';
import { operatorIfAlive } from './operator-protocol.ts';
import { type OperatorRecord, type SiteRecord, type StoreProtocol, store } from './ports.ts';
import { type AccountNews, RememberedAccounts } from './remembered-accounts.ts';
import { siteIfAlive } from './site-protocol.ts';

export interface AccountsState {
  readonly remembered: RememberedAccounts;
  /** Monotonic: until then the store was found not to answer, and whoever is known is answered at once. */
  awayUntil: number;
}

type Change = BridgeProtocol['casts']['account']['change'];
type Asked<N extends CallName<AccountsProtocol>> = Request<AccountsProtocol, N>;
type Done = Record<string, never>;

export const accountsKeeper = defineBehaviour<AccountsProtocol, unknown, AccountsState>({
  name: 'accounts',

  init(_, context) {
    const state = { remembered: new RememberedAccounts(operatorsRememberedMax), awayUntil: 0 };
    recall(state, context);
    refresh(state, context);
    return state;
  },

  calls: {
    operator: known('operator', {
      found: ({ remembered }, { name }) => remembered.operator(name),
      note: ({ remembered }, { name }, { operator }) => remembered.noteOperator(name, operator),
      answer: (operator: OperatorRecord) => ({ operator }),
    }),
    site: known('site', {
      found: ({ remembered }, { id }) => remembered.site(id),
      note: ({ remembered }, { id }, { site }) => remembered.noteSite(id, site),
      answer: (site: SiteRecord) => ({ site }),
    }),
    operators: known('operators', {
      found: ({ remembered }, { site }) => someOf(remembered.operators(site)),
      answer: (operators: readonly OperatorRecord[]) => ({ operators }),
    }),
    sites: known('sites', {
      found: ({ remembered }) => someOf(remembered.sites()),
      answer: (sites: readonly SiteRecord[]) => ({ sites }),
    }),

    // Changes are few, and one waits for the other: two that add the same name are told apart.
    putOperator,
    removeOperator,
    putSite,
    removeSite,
  },

  casts: {},

  timers: { recall, refresh, keepAll },
});

type Lookup = 'operator' | 'operators' | 'site' | 'sites';

interface Known<N extends Lookup, R> {
  readonly found: (state: AccountsState, request: Request<StoreProtocol, N>) => R | undefined;
  readonly note?: (
    state: AccountsState,
    request: Request<StoreProtocol, N>,
    answer: Answer<StoreProtocol, N>,
  ) => AccountNews;
  readonly answer: (found: R) => Answer<StoreProtocol, N>;
}

/** What the store answers is the answer; where it does not, what it said last. */
function known<N extends Lookup, R>(name: N, { found, note, answer }: Known<N, R>) {
  return (
    state: AccountsState,
    request: Request<StoreProtocol, N>,
    context: Context,
    from: From<Answer<StoreProtocol, N>>,
  ): undefined => {
    const before = found(state, request);
    if (before !== undefined && context.monotonic() < state.awayUntil) {
      context.reply(from, answer(before));
      return;
    }
    const deadlineMs = before === undefined ? historyReadDeadlineMs : knownReadDeadlineMs;
    context.ask(store, name, request, { deadlineMs }, (result) => {
      if (result.ok) {
        if (note !== undefined) keep(state, note(state, request, result.value), context);
        context.reply(from, result.value);
        return;
      }
      state.awayUntil = context.monotonic() + awayMs;
      const last = found(state, request);
      if (last === undefined) context.refuse(from, unreadable);
      else context.reply(from, answer(last));
    });
  };
}

function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The timer `recall`: what the journal kept for the case that the store cannot be read from the start. */
function recall(state: AccountsState, context: Context): void {
  context.ask(journal, 'remembered', {}, inJournal, (result) => {
    if (result.ok) state.remembered.recall(result.value.sites, result.value.operators);
    else context.startTimer('recall', recallAgainMs);
  });
}

/** The timer `refresh`: everybody whom the store knows, so that nobody has to have been seen to be known. */
function refresh(state: AccountsState, context: Context): void {
  context.ask(store, 'sites', {}, read, (sites) => {
    context.ask(store, 'operators', { site: null }, read, (operators) => {
      const whole = sites.ok && operators.ok;
      if (whole) keep(state, state.remembered.noteAll(sites.value.sites, operators.value.operators), context);
      context.startTimer('refresh', whole ? refreshMs : refreshAgainMs);
    });
  });
}

/** The timer `keepAll`. */
function keepAll(state: AccountsState, context: Context): void {
  const { remembered } = state;
  const remember = { sites: remembered.sites(), operators: remembered.operators(null) };
  keep(state, { remember, forget: { sites: [], operators: [] } }, context);
}

function keep(_: AccountsState, { remember, forget }: AccountNews, context: Context): void {
  const failed = (result: Result<Done>) => {
    if (!result.ok) context.startTimer('keepAll', keepAgainMs);
  };
  if (remember.sites.length + remember.operators.length > 0) {
    context.ask(journal, 'remember', remember, inJournal, failed);
  }
  if (forget.sites.length + forget.operators.length > 0) context.ask(journal, 'forget', forget, inJournal, failed);
}

/** Somebody who is known waits no longer for a store that hangs. */
const knownReadDeadlineMs = 500;
const awayMs = 1_000;
const recallAgainMs = 500;
const refreshAgainMs = 2_000;
const refreshMs = 600_000;
const keepAgainMs = 5_000;
const read = { deadlineMs: historyReadDeadlineMs };
const inJournal = { deadlineMs: journalReadDeadlineMs };
const write = { deadlineMs: storeAppendDeadlineMs };
const unreadable = refusal('unavailable', 'the accounts cannot be read now');
const unwritable = refusal('unavailable', 'the accounts cannot be changed now');

async function putOperator(
  state: AccountsState,
  { operator, mustBeNew, passwordChanged }: Asked<'putOperator'>,
  context: Context,
): Promise<CallOutcome<Done>> {
  const before = await context.call(store, 'operator', { name: operator.name }, write);
  const sites = await context.call(store, 'sites', {}, write);
  if (!before.ok || !sites.ok) return refuse(unwritable);
  if (mustBeNew && before.value.operator !== null) return refuse(refusal('exists', `operator ${operator.name} exists`));
  const unknown = operator.sites.find((site) => !sites.value.sites.some(({ id }) => id === site));
  if (unknown !== undefined) return refuse(refusal('unknownSite', `there is no site ${unknown}`, { site: unknown }));
  const put = await context.call(store, 'putOperator', { operator }, write);
  if (!put.ok) return refuse(unwritable);
  keep(state, state.remembered.noteOperator(operator.name, operator), context);
  if (before.value.operator !== null) tellOperator(operator.name, passwordChanged ? 'password' : 'sites', context);
  return reply({});
}

async function removeOperator(
  state: AccountsState,
  { name }: Asked<'removeOperator'>,
  context: Context,
): Promise<CallOutcome<{ readonly removed: boolean }>> {
  const removed = await context.call(store, 'removeOperator', { name }, write);
  if (!removed.ok) return refuse(unwritable);
  keep(state, state.remembered.noteOperator(name, null), context);
  if (removed.value.removed) tellOperator(name, 'removed', context);
  return reply(removed.value);
}

async function putSite(
  state: AccountsState,
  { site, mustBeNew }: Asked<'putSite'>,
  context: Context,
): Promise<CallOutcome<Done>> {
  const before = await context.call(store, 'site', { id: site.id }, write);
  if (!before.ok) return refuse(unwritable);
  if (mustBeNew && before.value.site !== null) return refuse(refusal('exists', `site ${site.id} exists`));
  const put = await context.call(store, 'putSite', { site }, write);
  if (!put.ok) return refuse(unwritable);
  keep(state, state.remembered.noteSite(site.id, site), context);
  tellSite(site.id, context);
  return reply({});
}

async function removeSite(
  state: AccountsState,
  { id }: Asked<'removeSite'>,
  context: Context,
): Promise<CallOutcome<{ readonly removed: boolean }>> {
  const removed = await context.call(store, 'removeSite', { id }, write);
  if (!removed.ok) return refuse(unwritable);
  keep(state, state.remembered.noteSite(id, null), context);
  if (removed.value.removed) tellSite(id, context);
  return reply(removed.value);
}

/** The streams first: they must not outlive the account. */
function tellOperator(operator: OperatorName, change: Change, context: Context): void {
  context.cast(bridge, 'account', { operator, change });
  context.cast(operatorIfAlive(operator), 'changed', {});
}

function tellSite(site: SiteId, context: Context): void {
  context.cast(outbox, 'siteChanged', { site });
  context.cast(siteIfAlive(site), 'changed', {});
}
