// Owns what the tabs of one visitor tell each other: every change of the chat, so that all show the same.
// It never decides who leads; it only knows who is there.

import type { Action } from '../core/chat.ts';
import type { Entry, OutboxChange } from '../core/outbox.ts';
import type { Link } from './connection.ts';

export type TabNews =
  | { readonly type: 'hello' | 'bye'; readonly tab: string }
  /** The answer to a hello, with what is not acknowledged: storage may tell of it later than this. */
  | { readonly type: 'here'; readonly tab: string; readonly entries: readonly Entry[] }
  | { readonly type: 'action'; readonly action: Action }
  | { readonly type: 'link'; readonly link: Link | null }
  | { readonly type: 'outbox'; readonly change: OutboxChange }
  /** The leading tab went to the background. */
  | { readonly type: 'behind' }
  | { readonly type: 'shutdown' };

export class Tabs {
  readonly #channel: BroadcastChannel | null;
  readonly #tab: string;
  readonly #others = new Set<string>();

  constructor(name: string | null, tab: string, listen: (news: TabNews) => void) {
    this.#tab = tab;
    this.#channel = name === null || typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
    if (this.#channel === null) return;
    this.#channel.onmessage = ({ data }: MessageEvent<TabNews>) => {
      this.#know(data);
      listen(data);
    };
    this.tell({ type: 'hello', tab });
  }

  get haveOthers(): boolean {
    return this.#others.size > 0;
  }

  tell(news: TabNews): void {
    this.#channel?.postMessage(news);
  }

  hello(): void {
    this.tell({ type: 'hello', tab: this.#tab });
  }

  here(entries: readonly Entry[]): void {
    this.tell({ type: 'here', tab: this.#tab, entries });
  }

  bye(): void {
    this.tell({ type: 'bye', tab: this.#tab });
  }

  close(): void {
    if (this.#channel) this.#channel.onmessage = null;
    this.#channel?.close();
  }

  #know(news: TabNews): void {
    if (news.type === 'bye') this.#others.delete(news.tab);
    if (news.type === 'hello' || news.type === 'here') this.#others.add(news.tab);
  }
}
