// Owns how moments are written for the reader: days and hours of their own clock, in their own language.
// It never shows seconds.

import type { Words } from '../locales/en.ts';

const dayMs = 24 * 3_600_000;

/** The reader's own day of a moment. */
export function dayKey(at: string): string {
  return new Date(at).toDateString();
}

export function dayText(at: string, tag: string, words: Words): string {
  const day = dayKey(at);
  if (day === new Date().toDateString()) return words.today;
  if (day === new Date(Date.now() - dayMs).toDateString()) return words.yesterday;
  const isThisYear = new Date(at).getFullYear() === new Date().getFullYear();
  return new Date(at).toLocaleDateString(tag, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(!isThisYear && { year: 'numeric' }),
  });
}

export function timeText(at: string | number, tag: string): string {
  return new Date(at).toLocaleTimeString(tag, { hour: '2-digit', minute: '2-digit' });
}
