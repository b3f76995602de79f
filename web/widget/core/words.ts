// Owns the choice of a language and the filling of its words.
// It never guesses beyond the first part of a tag: what is not there is English.

import { de } from '../locales/de.ts';
import { en, type Words } from '../locales/en.ts';

export interface Language {
  readonly tag: string;
  readonly words: Words;
}

const languages: { readonly [tag: string]: Words } = { en, de };
const rightToLeft = ['ar', 'fa', 'he', 'ur'];

/** The first wish that can be fulfilled; `auto` and empty wishes are passed over. */
export function languageOf(wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    const tag = (wish ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
    const words = Object.hasOwn(languages, tag) ? languages[tag] : undefined;
    if (words !== undefined) return { tag, words };
  }
  return { tag: 'en', words: en };
}

export function directionOf(tag: string): 'ltr' | 'rtl' {
  return rightToLeft.includes(tag) ? 'rtl' : 'ltr';
}

export function filled(text: string, values: { readonly [name: string]: string | number }): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
