// Owns what is kept of a page that a visitor looks at: a web address without what may be private, and a title on one line.
// It never keeps a query string or a fragment unless the site asks for it.

import type { Page } from '../actors/mod.ts';
import { addressKeptUnitsMax, titleUnitsMax } from './limits.ts';
import { cut, plainLine } from './text.ts';

export interface RawPage {
  readonly url: string;
  readonly title?: string | undefined;
  readonly referrer?: string | undefined;
}

export function isWebAddress(text: string): boolean {
  return webAddress(text) !== null;
}

/** `raw.url` is a web address; a referrer that is none (an app, say) is left out. */
export function pageOf(raw: RawPage, keepQuery: boolean): Page {
  const title = cut(plainLine(raw.title ?? ''), titleUnitsMax);
  const referrer = kept(raw.referrer ?? '', keepQuery);
  return {
    url: kept(raw.url, keepQuery),
    ...(title === '' ? {} : { title }),
    ...(referrer === '' ? {} : { referrer }),
  };
}

function kept(text: string, keepQuery: boolean): string {
  const url = webAddress(text);
  if (url === null) return '';
  url.username = '';
  url.password = '';
  if (!keepQuery) {
    url.search = '';
    url.hash = '';
  }
  return cut(url.href, addressKeptUnitsMax);
}

function webAddress(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null;
}
