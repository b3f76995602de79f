// Owns when the visitor's typing is told: at most once in 3 s while it goes on, and off when the text is gone or rests.
// It never sends and never looks at a clock.

export interface TypingMark {
  /** When `on` was last told; 0 if it is off. */
  readonly toldAt: number;
}

export const typingToldMsMin = 3_000;
export const typingRestMs = 10_000;
export const notTyping: TypingMark = { toldAt: 0 };

/** What to tell after a keystroke, if anything. */
export function typed(
  mark: TypingMark,
  isEmpty: boolean,
  now: number,
): { readonly mark: TypingMark; readonly tell?: boolean } {
  if (isEmpty) return mark.toldAt === 0 ? { mark } : { mark: notTyping, tell: false };
  return now - mark.toldAt < typingToldMsMin ? { mark } : { mark: { toldAt: now }, tell: true };
}
