// Owns the one path to change sites and operators, and the memory of operators seen, so that they can log in while the
// store is away. It never sees a password; whoever an operator or a site is known to is told when they change.

import {
  type Answer,
  type CallName,
  type CallOutcome,
  type Context,
  defineBehaviour,
  type From,
  type Request,
  refuse,
  reply,
} from '../runtime/mod.ts';
import type { AccountsProtocol } from './accounts-protocol.ts';
import { type BridgeProtocol, bridge, outbox } from './edge-protocol.ts';
import { refusal } from './errors.ts';
import type { OperatorName, SiteId } from './ids.ts';
import { operatorsRememberedMax, storeAppendDeadlineMs, storeReadDeadlineMs } from './limits.ts';
import { operatorIfAlive } from './operator-protocol.ts';
import { passOn } from './pass-on.ts';
import { type OperatorRecord, type StoreProtocol, store } from './ports.ts';
import { siteIfAlive } from './site-protocol.ts';

export interface AccountsState {
  readonly operators: Map<OperatorName, OperatorRecord>;
}

type Change = BridgeProtocol['casts']['account']['change'];
type Asked<N extends CallName<AccountsProtocol>> = Request<AccountsProtocol, N>;
type Done = Record<string, never>;

export const accountsKeeper = defineBehaviour<AccountsProtocol, unknown, AccountsState>({
  name: 'accounts',

  init: () => ({ operators: new Map() }),

  calls: {
    operator(state, { name }, context, from) {
      context.ask(store, 'operator', { name }, read, (result) => {
        if (result.ok) {
          note(state, name, result.value.operator);
          return context.reply(from, result.value);
        }
        const known = state.operators.get(name);
        if (known === undefined) context.refuse(from, unreadable);
        else context.reply(from, { operator: known });
      });
      return undefined;
    },
    operators: readOf('operators'),
    sites: readOf('sites'),
    site: readOf('site'),

    // Changes are few, and one waits for the other: two that add the same name are told apart.
    putOperator,
    removeOperator,
    putSite,
    removeSite,
  },

  casts: {},
});

const read = { deadlineMs: storeReadDeadlineMs };
const write = { deadlineMs: storeAppendDeadlineMs };
const unreadable = refusal('unavailable', 'the accounts cannot be read now');
const unwritable = refusal('unavailable', 'the accounts cannot be changed now');

/** What the store answers is the answer. */
function readOf<N extends 'operators' | 'sites' | 'site'>(name: N) {
  return (
    _: unknown,
    request: Request<StoreProtocol, N>,
    context: Context,
    from: From<Answer<StoreProtocol, N>>,
  ): undefined => {
    context.ask(store, name, request, read, passOn(context, from, unreadable));
  };
}

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
  note(state, operator.name, operator);
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
  state.operators.delete(name);
  if (removed.value.removed) tellOperator(name, 'removed', context);
  return reply(removed.value);
}

async function putSite(
  _: AccountsState,
  { site, mustBeNew }: Asked<'putSite'>,
  context: Context,
): Promise<CallOutcome<Done>> {
  const before = await context.call(store, 'site', { id: site.id }, write);
  if (!before.ok) return refuse(unwritable);
  if (mustBeNew && before.value.site !== null) return refuse(refusal('exists', `site ${site.id} exists`));
  const put = await context.call(store, 'putSite', { site }, write);
  if (!put.ok) return refuse(unwritable);
  tellSite(site.id, context);
  return reply({});
}

async function removeSite(
  _: AccountsState,
  { id }: Asked<'removeSite'>,
  context: Context,
): Promise<CallOutcome<{ readonly removed: boolean }>> {
  const removed = await context.call(store, 'removeSite', { id }, write);
  if (!removed.ok) return refuse(unwritable);
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

function note(state: AccountsState, name: OperatorName, record: OperatorRecord | null): void {
  state.operators.delete(name);
  if (record !== null) state.operators.set(name, record);
  const [oldest] = state.operators.keys();
  if (state.operators.size > operatorsRememberedMax && oldest !== undefined) state.operators.delete(oldest);
}
