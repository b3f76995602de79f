// Owns what page the visitor is on and when that changes: loads, history, the Navigation API, title, and hiding.
// It never tells more than one change a second, and never tells a page's fragment.

import type { Page } from '../../../rpc/contract.ts';

const changeMsMin = 1_000;
const titleUnitsMax = 300;
const addressUnitsMax = 2_000;

export interface PageWatch {
  /** Undefined on a page without a web address, such as a file. */
  page(): Page | undefined;
  /** The site says itself where the visitor is. */
  set(page: { readonly url?: string; readonly title?: string }): void;
}

interface NavigationLike {
  addEventListener(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

export function watchPage(signal: AbortSignal, title: () => string, changed: () => void): PageWatch {
  let said: { readonly url?: string; readonly title?: string } = {};
  let _timer = 0;
  const page = (): Page | undefined => {
    const url = addressOf(said.url ?? '');
    if (url === null) return undefined;
    const name = (said.title ?? title()).slice(0, titleUnitsMax);
    return {
      url,
      title: name,
      ...(document.referrer && { referrer: document.referrer }),
      ...(document.hidden && { hidden: true }),
    };
  };
  const key = () => `${page()?.url} ${page()?.title}`;
  let told = key();
  // The title of a route often follows its address, so the change is told a moment later, once.
  const look = () => {
    _timer ||= window.setTimeout(() => {
      _timer = 0;
      if (signal.aborted || key() === told) return;
      told = key();
      changed();
    }, changeMsMin);
  };
  follow(signal, () => {
    said = {};
    look();
  });
  return {
    page,
    set(next) {
      said = next;
      look();
    },
  };
}

/** Without the fragment, and without the query where that makes it long. */
function addressOf(said: string): string | null {
  if (!URL.canParse(said, location.href)) return null;
  const url = new URL(said, location.href);
  url.hash = '';
  if (url.href.length > addressUnitsMax) url.search = '';
  return /^https?:$/.test(url.protocol) && url.href.length <= addressUnitsMax ? url.href : null;
}

/** Without the Navigation API the address is looked at each second: patching the page's history is not ours to do. */
function follow(signal: AbortSignal, moved: () => void): void {
  const { navigation } = globalThis as { navigation?: NavigationLike };
  if (navigation) {
    navigation.addEventListener('currententrychange', moved, { signal });
    return;
  }
  let last = location.href;
  const timer = setInterval(() => {
    if (location.href === last) return;
    last = location.href;
    moved();
  }, changeMsMin);
  signal.addEventListener('abort', () => clearInterval(timer));
}
