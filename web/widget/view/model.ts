// Owns what the views get to see and what they may ask for.
// It holds types only: a view never reaches the engine, the shelf or the network.

import type { UiState } from '../app/ui-state.ts';
import type { Chat } from '../core/chat.ts';
import type { Words } from '../locales/en.ts';

export interface Actions {
  /** False: there is no room for more before some of it is sent, and the text stays where it is. */
  send(text: string): boolean;
  typed(text: string): void;
  retry(cmid: string): void;
  discard(cmid: string): void;
  older(): void;
  scrolled(fromEnd: number): void;
  contact(card: { readonly email: string; readonly name?: string }): void;
  rate(score: number): void;
  end(): void;
  close(): void;
  mute(on: boolean): void;
}

export interface Model {
  readonly chat: Chat;
  readonly ui: UiState;
  readonly tag: string;
  /** The language with the reader's region, for days and hours. */
  readonly region: string;
  readonly words: Words;
  readonly actions: Actions;
  readonly isDark: boolean;
  /** Grows when the page itself has put a text into the draft. */
  readonly prefills: number;
  /** The address just given, for the thanks that follow once the server has it; it is kept nowhere. */
  readonly email: string;
}
