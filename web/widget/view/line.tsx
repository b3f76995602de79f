// Owns one line of the log: a message, one's own that waits or failed, or the name of a day.
// Text is set as text always; only what the linkifier allows becomes a link.

import type { Message } from '../../../rpc/contract.ts';
import { linkify } from '../core/linkify.ts';
import type { Entry } from '../core/outbox.ts';
import type { Line } from '../core/timeline.ts';
import { Icon } from './icons.tsx';
import type { Model } from './model.ts';
import { dayText, timeText } from './time.ts';

interface LineProps {
  readonly line: Line;
  readonly before: Line | undefined;
  readonly after: Line | undefined;
  readonly model: Model;
}

const groupMs = 5 * 60_000;
const slowMs = 4_000;

export function LineView({ line, before, after, model }: LineProps) {
  if (line.kind === 'day') {
    return (
      <p class="day">
        <span>{dayText(line.at, model.region, model.words)}</span>
      </p>
    );
  }
  const isFirst = !isSameGroup(before, line);
  const isLast = !isSameGroup(line, after);
  if (line.kind === 'pending') return <Pending entry={line.entry} model={model} isFirst={isFirst} />;
  return <Said message={line.message} model={model} isFirst={isFirst} isLast={isLast} />;
}

function Said({
  message,
  model,
  isFirst,
  isLast,
}: {
  readonly message: Message;
  readonly model: Model;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const { words, region, chat } = model;
  const { kind, name } = message.from;
  const isOwn = kind === 'visitor';
  const state = !isOwn ? undefined : chat.readSeq >= message.seq ? 'read' : 'sent';
  const isLatestOwn = isOwn && chat.messages.findLast((one) => one.from.kind === 'visitor') === message;
  return (
    <div
      class={`message${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`}
      data-from={kind}
      data-id={message.id}
      data-seq={message.seq}
      data-cmid={message.cmid}
      data-state={state}
    >
      {isFirst && kind !== 'visitor' && kind !== 'system' && <p class="author">{name}</p>}
      {isOwn && <span class="hidden">{words.you}: </span>}
      <Text text={message.text} />
      {(isLast || isLatestOwn) && kind !== 'system' && (
        <p class="meta">
          <time dateTime={message.at}>{timeText(message.at, region)}</time>
          {isLatestOwn && <span class="mark"> · {state === 'read' ? words.read : words.sent}</span>}
        </p>
      )}
    </div>
  );
}

function Pending({
  entry,
  model,
  isFirst,
}: {
  readonly entry: Entry;
  readonly model: Model;
  readonly isFirst: boolean;
}) {
  const { words, actions, chat } = model;
  const isStuck = chat.connection !== 'online' && Date.now() - entry.at > slowMs;
  const state = entry.failed ? 'failed' : isStuck ? 'waiting' : 'sending';
  return (
    <div class={`message last${isFirst ? ' first' : ''}`} data-from="visitor" data-cmid={entry.cmid} data-state={state}>
      <span class="hidden">{words.you}: </span>
      <Text text={entry.text} />
      {entry.failed ? (
        <div class="meta failure" role="alert">
          <p>
            <Icon sign="alert" /> {failureText(entry.failed, model)}
          </p>
          <button type="button" onClick={() => actions.retry(entry.cmid)}>
            {words.retry}
          </button>
          <button type="button" onClick={() => actions.discard(entry.cmid)}>
            {words.discard}
          </button>
        </div>
      ) : (
        <p class="meta">
          <Icon sign="clock" /> {isStuck ? words.waitingToSend : words.sending}
        </p>
      )}
    </div>
  );
}

function failureText(code: NonNullable<Entry['failed']>, { words }: Model): string {
  switch (code) {
    case 'invalidParams':
      return words.failedInvalidParams;
    case 'tooLarge':
      return words.failedTooLarge;
    case 'blocked':
      return words.failedBlocked;
    case 'expired':
      return words.failedExpired;
    default:
      return words.failed;
  }
}

function Text({ text }: { readonly text: string }) {
  return (
    <div class="text" dir="auto">
      {linkify(text).map(({ text: part, href }) =>
        href ? (
          <a key={href} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </div>
  );
}

function isSameGroup(one: Line | undefined, next: Line | undefined): boolean {
  if (one === undefined || next === undefined || one.kind === 'day' || next.kind === 'day') return false;
  return authorOf(one) === authorOf(next) && momentOf(next) - momentOf(one) < groupMs;
}

function authorOf(line: Exclude<Line, { kind: 'day' }>): string {
  return line.kind === 'pending'
    ? 'visitor'
    : line.message.from.kind === 'visitor'
      ? 'visitor'
      : `${line.message.from.kind} ${line.message.from.name}`;
}

function momentOf(line: Exclude<Line, { kind: 'day' }>): number {
  return line.kind === 'pending' ? line.entry.at : Date.parse(line.message.at);
}
