// Owns what each command does, and what the operator is told of it: a notice in the same chat, never seen by the visitor.
// It reads no line itself: commands.ts does; whether a visitor may be addressed at all the room says.

import type { Context, From, Result } from '../runtime/mod.ts';
import type { ChatMessage, Contact, VisitorCard } from './chat.ts';
import { type CommandName, helpText } from './commands.ts';
import { bridge } from './edge-protocol.ts';
import { newMessageId, roomOf, type SessionId } from './ids.ts';
import { commandHistoryLinesMax, storeReadDeadlineMs } from './limits.ts';
import type { OperatorProtocol } from './operator-protocol.ts';
import type { OperatorState } from './operator-state.ts';
import { roomAt } from './room-protocol.ts';

type SayAnswer = OperatorProtocol['calls']['say']['answer'];

export interface Typed {
  readonly session: SessionId;
  readonly from: From<SayAnswer>;
}

/** Who typed, and what his actor has to answer with. */
export interface Typing {
  readonly state: OperatorState;
  readonly typed: Typed;
  readonly context: Context;
}

interface Command {
  readonly command: CommandName;
  readonly rest: string;
}

interface Visitor {
  readonly contact: Contact;
  readonly card: VisitorCard | null;
}

const historyLinesDefault = 10;
const valueUnitsMax = 200;
const read = { deadlineMs: storeReadDeadlineMs };
const done: SayAnswer = { said: null };

function notice({ state, typed, context }: Typing, text: string): void {
  const id = newMessageId(context.now(), context.randomBytes(10));
  context.cast(bridge, 'notice', { operator: state.record.name, session: typed.session, id, text: `[info] ${text}` });
}

/** The explanation goes back; the line itself goes nowhere. */
export function explain(typing: Typing, text: string): void {
  notice(typing, text);
  typing.context.reply(typing.typed.from, done);
}

/** Every command is about a visitor of one of his sites: any other is `notFound`. */
export function carryOut(typing: Typing, { command, rest }: Command): void {
  const { state, typed, context } = typing;
  const { sites } = state.record;
  context.ask(roomAt(roomOf(typed.session)), 'describe', { sites }, read, (result) => {
    if (!result.ok) return context.refuse(typed.from, result.error);
    commands[command]({ ...typing, rest, visitor: result.value });
  });
}

interface Order extends Typing {
  readonly rest: string;
  readonly visitor: Visitor;
}

const commands: { readonly [name in CommandName]: (order: Order) => void } = {
  help: (order) => explain(order, helpText()),
  info: (order) => explain(order, infoText(order.visitor)),
  history: showHistory,
  operators: (order) => explain(order, operatorsText(order.state)),
  name: (order) => rename(order, 'name'),
  email: (order) => rename(order, 'email'),
  phone: (order) => rename(order, 'phone'),
  push,
  end,
};

function end(order: Order): void {
  const { state, typed, context } = order;
  const { name, displayName, sites } = state.record;
  const by = { id: name, name: displayName };
  context.ask(roomAt(roomOf(typed.session)), 'close', { by, sites }, read, (result) => {
    if (result.ok) explain(order, 'The conversation is closed.');
    else if (result.error.code === 'taken') explain(order, `${result.error.data?.winner} has this conversation.`);
    else context.refuse(typed.from, result.error);
  });
}

function push(order: Order): void {
  const { state, typed, rest, context } = order;
  const url = URL.canParse(rest) ? new URL(rest) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    explain(order, 'Nothing was done: "!push" needs a whole address, such as https://example.com/page.');
    return;
  }
  context.cast(roomAt(roomOf(typed.session)), 'navigate', { operator: state.record.name, url: url.href });
  explain(order, `The visitor is sent to ${url.href}`);
}

function rename(order: Order, field: 'name' | 'email' | 'phone'): void {
  const { typed, rest, context, visitor } = order;
  if (rest === '') {
    explain(order, `${field}: ${visitor.card?.[field] ?? 'not known'}`);
    return;
  }
  if (rest.length > valueUnitsMax) {
    explain(order, `Nothing was done: "!${field}" takes at most ${valueUnitsMax} characters.`);
    return;
  }
  const card = { [field]: rest, verified: false };
  context.ask(roomAt(visitor.contact.room), 'identify', { site: visitor.contact.site, card }, read, (result) => {
    if (result.ok) explain(order, `Noted: ${field} ${rest}`);
    else context.refuse(typed.from, result.error);
  });
}

function showHistory(order: Order): void {
  const { typed, rest, context, visitor } = order;
  const wanted = rest === '' ? historyLinesDefault : Number(rest);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > commandHistoryLinesMax) {
    explain(order, `Nothing was done: "!history" shows 1 to ${commandHistoryLinesMax} lines.`);
    return;
  }
  const answered = (result: Result<{ readonly messages: readonly ChatMessage[] }>) => {
    if (result.ok) explain(order, result.value.messages.map(lineText).join('\n'));
    else context.refuse(typed.from, result.error);
  };
  context.ask(roomAt(visitor.contact.room), 'history', { before: null, limit: wanted }, read, answered);
}

function lineText({ at, from, text }: ChatMessage): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} ${from.name}: ${text}`;
}

function infoText({ contact, card }: Visitor): string {
  const { name, verified, state, operator, level, page } = contact;
  const lines = [
    `${name}${verified ? ' (verified by the site)' : ''}, ${level}`,
    ...(card?.email === undefined ? [] : [`e-mail: ${card.email}`]),
    ...(card?.phone === undefined ? [] : [`phone: ${card.phone}`]),
    ...Object.entries(card?.attributes ?? {}).map(([key, value]) => `${key}: ${value}`),
    ...(page === null ? [] : [`page: ${page.title ?? ''} ${page.url}`.replace('  ', ' ')]),
    `conversation: ${state}${operator === null ? '' : ` with ${operator.name}`}`,
  ];
  return lines.join('\n');
}

function operatorsText({ colleagues, record, level }: OperatorState): string {
  const others = [...colleagues.values()].map(({ name, show }) => `${name}: ${show ?? 'offline'}`);
  return [`${record.displayName} (you): ${level.show ?? 'offline'}`, ...others].join('\n');
}
