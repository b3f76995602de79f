// Owns which events a page is told when the chat changes from one state to another.
// It never tells them itself, and never tells a text that the visitor has not sent or seen.

import { type Chat, newsBetween } from '../core/chat.ts';

export type Announcement = readonly [event: string, detail: unknown];

export function announcements(before: Chat, after: Chat): readonly Announcement[] {
  return [...stateNews(before, after), ...outboxNews(before, after), ...newsBetween(before, after).map(received)];
}

function received(message: unknown): Announcement {
  return ['message:received', { message }];
}

function stateNews(before: Chat, after: Chat): readonly Announcement[] {
  const news: Announcement[] = [];
  const tell = (isNew: boolean, event: string, detail: unknown) => isNew && news.push([event, detail]);
  tell(before.connection === 'connecting' && after.connection === 'online', 'ready', {});
  tell(before.site?.online !== after.site?.online, 'status', { status: after.site?.online ? 'online' : 'away' });
  tell(before.unread !== after.unread, 'unread', { count: after.unread });
  tell(before.typing !== after.typing, 'typing', { on: after.typing !== null, name: after.typing ?? before.typing });
  tell(after.readSeq > before.readSeq, 'read', { seq: after.readSeq });
  tell(before.connection !== after.connection, 'connection', { state: after.connection });
  tell(after.isThrottled && !before.isThrottled, 'throttled', {});
  const { talk } = after;
  const isOther = talk !== null && talk.id !== before.talk?.id;
  tell(isOther && talk.state !== 'closed' && before.site !== null, 'conversation:start', { id: talk?.id });
  tell(talk?.state === 'closed' && before.talk?.id === talk.id && before.talk.state !== 'closed', 'conversation:end', {
    id: talk?.id,
  });
  return news;
}

function outboxNews(before: Chat, after: Chat): readonly Announcement[] {
  if (before.outbox === after.outbox) return [];
  const held = new Map(before.outbox.map((entry) => [entry.cmid, entry]));
  const left = new Map(after.outbox.map((entry) => [entry.cmid, entry]));
  const sent = after.outbox
    .filter(({ cmid }) => !held.has(cmid))
    .map(({ cmid, text }): Announcement => ['message:sent', { cmid, text }]);
  const acked = before.outbox
    .filter(({ cmid }) => !left.has(cmid))
    .flatMap(({ cmid }) => after.messages.filter((message) => message.cmid === cmid))
    .map(({ cmid, id, seq }): Announcement => ['message:ack', { cmid, id, seq }]);
  const failed = after.outbox
    .filter(({ cmid, failed: code }) => code !== undefined && held.get(cmid)?.failed === undefined)
    .map(({ cmid, failed: code }): Announcement => ['message:failed', { cmid, code }]);
  return [...sent, ...acked, ...failed];
}
