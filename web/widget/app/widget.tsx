// Owns the app on the page: it joins engine, panel, launcher and page, and answers the page's calls.
// It never speaks with the server itself.

import { render } from 'preact';
import type { Event } from '../../../rpc/contract.ts';
import { type Chat, newsBetween } from '../core/chat.ts';
import { languageOf } from '../core/words.ts';
import type { BootOptions, Host, Widget } from '../host.ts';
import { createRpc } from '../net/rpc.ts';
import { createAttention } from '../page/attention.ts';
import { watchPage } from '../page/page-watch.ts';
import type { Actions } from '../view/model.ts';
import { Panel } from '../view/panel.tsx';
import { announcements } from './announce.ts';
import { type Card, Engine } from './engine.ts';
import { createLook } from './look.ts';
import { readUi, type UiState, writeUi } from './ui-state.ts';

/** What a page may tell of its visitor. */
interface Identity {
  readonly id?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly token?: string;
  readonly attributes?: { readonly [name: string]: string | number | boolean };
}

const writeUiMs = 250;

export function startWidget(host: Host): Widget {
  return new ChatWidget(host);
}

class ChatWidget implements Widget {
  readonly #host: Host;
  readonly #root = document.createElement('div');
  readonly #ended = new AbortController();
  readonly #attention = createAttention(this.#ended.signal);
  readonly #look;
  readonly #watch;
  readonly #actions: Actions;
  #engine: Engine;
  #options: BootOptions;
  #ui: UiState;
  #email = '';
  #identity = '';
  #card: Card | null = null;
  #uiTimer = 0;
  #prefills = 0;
  #isQueued = false;

  constructor(host: Host) {
    this.#host = host;
    this.#options = host.options;
    this.#ui = readUi(host.shelf);
    this.#actions = this.#makeActions();
    this.#look = createLook(host.shadow, this.#ended.signal, () => this.#draw());
    this.#watch = watchPage(
      this.#ended.signal,
      () => this.#attention.title(),
      () => this.#engine.page(),
    );
    this.#engine = this.#makeEngine();
    host.shadow.append(this.#root);
    this.#listen();
    this.#engine.start(!document.hidden);
    this.#colors();
    if (this.#ui.open) this.#show(false);
  }

  stop(): void {
    this.#engine.forget();
    this.#end();
  }

  call(verb: string, args: readonly unknown[]): unknown {
    const [first] = args;
    switch (verb) {
      case 'open':
        return this.#show(true);
      case 'close':
        return this.#hide();
      case 'toggle':
        return (first ?? !this.#ui.open) ? this.#show(true) : this.#hide();
      case 'send':
        return this.#actions.send(String(first).trim());
      case 'prefill':
        this.#prefills++;
        return this.#setUi({ draft: String(first ?? '') });
      case 'identify':
        return this.#identify((first ?? {}) as Identity);
      case 'page':
        return this.#watch.set((first ?? {}) as { url?: string; title?: string });
      case 'mute':
        return this.#setUi({ muted: first !== false });
      case 'end':
        return void this.#engine.end();
      case 'locale':
        return this.#update({ locale: String(first) });
      case 'theme':
      case 'update':
        return this.#update((first ?? {}) as Partial<BootOptions>);
      case 'get':
        return this.#get(String(first));
      default:
        return undefined;
    }
  }

  #get(name: string): unknown {
    const { chat } = this.#engine;
    const known: { readonly [name: string]: unknown } = {
      unread: chat.unread,
      isOpen: this.#ui.open,
      status: chat.site?.online ? 'online' : 'away',
      connection: chat.connection,
      conversation: chat.talk,
    };
    return known[name];
  }

  #makeEngine(): Engine {
    const { origin, shelf } = this.#host;
    return new Engine({
      origin,
      shelf,
      site: this.#options.site,
      rpc: createRpc(origin, (...args) => fetch(...args)),
      page: () => this.#watch.page(),
      locale: () => this.#language().tag,
      changed: (before, after) => this.#changed(before, after),
      order: (event) => this.#obey(event),
      impossible: (code) => this.#impossible(code),
      replaced: () => this.#replaced(),
      disowned: (card) => this.#disowned(card),
      identified: (card, isTaken) => this.#identified(card, isTaken),
      forgotten: () => this.#forgotten(),
    });
  }

  #makeActions(): Actions {
    return {
      send: (text) => text !== '' && this.#engine.send(text),
      typed: (text) => {
        this.#setUi({ draft: text });
        this.#engine.typed(text.trim() === '');
      },
      retry: (cmid) => this.#engine.retry(cmid),
      discard: (cmid) => this.#engine.discard(cmid),
      older: () => void this.#engine.older(),
      scrolled: (fromEnd) => this.#setUi({ scroll: fromEnd }),
      contact: ({ email, name }) => {
        this.#email = email;
        this.#draw();
        this.#engine.identify({ email, ...(name && { name }) });
      },
      rate: (score) => {
        this.#setUi({ rated: this.#engine.chat.talk?.id ?? '' });
        void this.#engine.rate(score);
      },
      end: () => void this.#engine.end(),
      close: () => this.#hide(),
      mute: (on) => this.#setUi({ muted: on }),
    };
  }

  #listen(): void {
    const { signal } = this.#ended;
    const on = (target: EventTarget, type: string, act: (event: globalThis.Event) => void) =>
      target.addEventListener(type, act, { signal });
    on(document, 'visibilitychange', () => {
      if (document.hidden) return this.#engine.behind();
      this.#engine.front();
      this.#looked();
    });
    on(window, 'focus', () => this.#engine.front());
    on(window, 'online', () => this.#engine.front());
    on(window, 'offline', () => this.#engine.offline());
    on(window, 'pagehide', () => {
      writeUi(this.#host.shelf, this.#ui);
      this.#engine.leave();
    });
    on(window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && this.#engine.comeBack());
    on(this.#host.shadow, 'pointerdown', () => this.#attention.touched());
    on(this.#host.shadow, 'keydown', () => this.#attention.touched());
  }

  #show(byVisitor: boolean): void {
    const wasOpen = this.#ui.open && this.#root.childElementCount > 0;
    this.#setUi({ open: true });
    this.#paint();
    if (byVisitor && !wasOpen) {
      this.#focusPanel();
      this.#host.emitter.emit('open', {});
    }
    this.#looked();
  }

  /** On a touch screen the keyboard would cover what there is to read. */
  #focusPanel(): void {
    const isTouch = matchMedia('(pointer: coarse)').matches;
    this.#root.querySelector<HTMLElement>(isTouch ? '.panel' : 'textarea[name=message]')?.focus();
  }

  #hide(): void {
    if (!this.#ui.open) return;
    const hadFocus = this.#root.contains(this.#host.shadow.activeElement);
    this.#setUi({ open: false });
    this.#paint();
    if (hadFocus) this.#host.launcher.button.focus();
    this.#host.emitter.emit('close', {});
  }

  #changed(before: Chat, after: Chat): void {
    for (const [event, detail] of announcements(before, after)) this.#host.emitter.emit(event, detail);
    if (before.site?.theme !== after.site?.theme) this.#colors();
    const news = newsBetween(before, after);
    const isUnseen = document.hidden || !this.#ui.open;
    if (news.length > 0 && isUnseen && this.#engine.isLeading)
      this.#attention.call(this.#language().words.newMessage, this.#ui.muted);
    this.#looked();
    this.#draw();
  }

  #looked(): void {
    if (this.#ui.open && !document.hidden) this.#engine.seen();
  }

  #obey(event: Event): void {
    if (event.type === 'command') this.#host.emitter.emit('command', { name: event.name, body: event.body });
    if (event.type !== 'navigate') return;
    const url = new URL(event.url, location.href);
    const isAllowed = url.origin === location.origin || this.#options.navigate === 'any';
    if (isAllowed && /^https?:$/.test(url.protocol)) location.assign(url.href);
  }

  #identify(identity: Identity): void {
    const { id, attributes, ...rest } = identity;
    const key = JSON.stringify(identity);
    if (key === this.#ui.identity || key === this.#identity) return;
    // Somebody else: nothing of the one before may stay.
    if (id && this.#ui.userId && id !== this.#ui.userId) this.#forgetVisitor();
    this.#identity = key;
    this.#setUi({ hasEmail: this.#ui.hasEmail || !!identity.email, ...(id && { userId: id }) });
    const card = { ...rest, ...((attributes || id) && { attributes: { ...attributes, ...(id && { id }) } }) };
    this.#card = card;
    this.#engine.identify(card);
  }

  /** A new visitor to the server, the same to the page. */
  #replaced(): void {
    this.#setUi({ hasEmail: !!this.#card?.email, identity: '', rated: '' });
    if (this.#card) this.#engine.identify(this.#card);
  }

  #disowned(card: Card): void {
    this.#forgetVisitor();
    this.#engine.identify(card);
  }

  /** Remembered only now: what never reached the server must be told, or asked for, again. */
  #identified(card: Card, isTaken: boolean): void {
    if (!isTaken) this.#email = '';
    if (isTaken)
      this.#setUi({ identity: this.#identity || this.#ui.identity, hasEmail: this.#ui.hasEmail || !!card.email });
    this.#draw();
  }

  #forgetVisitor(): void {
    this.#engine.forget();
    this.#engine.stop();
    this.#host.shelf.wipe();
    this.#email = '';
    this.#prefills++;
    this.#setUi({ draft: '', scroll: 0, hasEmail: false, rated: '', identity: '', userId: '' });
    this.#engine = this.#makeEngine();
    this.#engine.start(!document.hidden);
    this.#paint();
  }

  /** Another tab has wiped the device: this one starts with nothing too. */
  #forgotten(): void {
    const { shelf } = this.#host;
    const stored = shelf.read('v');
    this.#end();
    // The wiping may not have reached this tab's view of the storage yet; a new visitor's token is left alone.
    if (stored === null || stored === this.#engine.visitor) shelf.wipe();
    this.#host.emitter.emit('unread', { count: 0 });
    this.#host.renew();
  }

  #impossible(code: string): void {
    console.warn(`Parla: the site "${this.#options.site}" cannot be used on this page (${code}).`);
    this.#host.emitter.emit('error', { code });
    this.#host.launcher.look({ isShown: false });
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#uiTimer);
    this.#engine.stop();
    this.#ended.abort();
    render(null, this.#root);
    this.#root.remove();
    delete this.#host.element.dataset.open;
  }

  #update(options: Partial<BootOptions>): void {
    this.#options = { ...this.#options, ...options };
    if (options.position) this.#host.element.dataset.position = options.position;
    this.#colors();
    this.#draw();
  }

  #colors(): void {
    const color = this.#options.color ?? this.#engine.chat.site?.theme.color ?? this.#ui.color;
    this.#look.color(color);
    this.#host.launcher.look({ color });
    if (color && color !== this.#ui.color) this.#setUi({ color });
  }

  #language() {
    const { locale } = this.#options;
    const fixed = (tag: string | undefined) => (tag === 'auto' ? undefined : tag);
    return languageOf([fixed(locale), fixed(this.#engine?.chat.site?.locale), ...navigator.languages]);
  }

  #setUi(change: Partial<UiState>): void {
    this.#ui = { ...this.#ui, ...change };
    clearTimeout(this.#uiTimer);
    if (!this.#ended.signal.aborted)
      this.#uiTimer = window.setTimeout(() => writeUi(this.#host.shelf, this.#ui), writeUiMs);
    if ('open' in change) writeUi(this.#host.shelf, this.#ui);
    this.#draw();
  }

  /** Once a turn, however much has changed. */
  #draw(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      if (!this.#ended.signal.aborted) this.#paint();
    });
  }

  #paint(): void {
    const { chat } = this.#engine;
    const { tag, words } = this.#language();
    const { open } = this.#ui;
    const isDark = this.#look.isDark(this.#options.mode ?? chat.site?.theme.mode);
    this.#host.element.toggleAttribute('data-open', open);
    this.#host.launcher.look({ isOpen: open, unread: chat.unread, language: tag });
    const region = navigator.languages.find((language) => language.toLowerCase().startsWith(tag)) ?? tag;
    const model = {
      chat,
      region,
      ui: this.#ui,
      tag,
      words,
      isDark,
      email: this.#email,
      prefills: this.#prefills,
      actions: this.#actions,
    };
    render(open ? <Panel model={model} /> : null, this.#root);
  }
}
