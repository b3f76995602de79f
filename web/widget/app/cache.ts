// Owns the copy of the conversation on this device that the next page paints before the server has answered.
// It never decides anything: the server's answer replaces it.

import { conversationMessagesMax } from '../../../rpc/contract.ts';
import type { Chat } from '../core/chat.ts';
import type { Shelf } from '../page/shelf.ts';

const cacheAgeMsMax = 30 * 24 * 3_600_000;
const cacheVersion = 1;

export function readCache(shelf: Shelf, now: number): Partial<Chat> | null {
  try {
    const { version, at, chat } = JSON.parse(shelf.read('c') ?? '{}') as {
      version?: number;
      at?: number;
      chat?: Partial<Chat>;
    };
    const isGood = version === cacheVersion && now - (at ?? 0) < cacheAgeMsMax && Array.isArray(chat?.messages);
    return isGood && chat ? chat : null;
  } catch {
    return null;
  }
}

/** Nothing is kept for a visitor who has never chatted. */
export function writeCache(shelf: Shelf, chat: Chat, now: number): void {
  const { site, talk, messages, unread, readSeq } = chat;
  if (talk === null) return;
  const kept = {
    site,
    talk,
    messages: messages.slice(-conversationMessagesMax),
    unread,
    readSeq,
    more: (messages[0]?.seq ?? 1) > 1,
  };
  shelf.write('c', JSON.stringify({ version: cacheVersion, at: now, chat: kept }));
}
