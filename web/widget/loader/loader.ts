// Owns the life of the widget on a page: boot, the app when it is needed, calls that wait for it, shutdown.
// It asks the server for nothing but the app.

import type { BootOptions, StartWidget, Widget } from '../host.ts';
import { Shelf } from '../page/shelf.ts';
import { createEmitter } from './emitter.ts';
import { createLauncher, type Launcher } from './launcher.ts';
import { type Mount, mount } from './mount.ts';
import { loadScript } from './script.ts';

interface Booted {
  readonly mount: Mount;
  readonly launcher: Launcher;
  readonly shelf: Shelf;
  readonly options: BootOptions;
  widget: Widget | null;
}

const retryMs = 5_000;
const waitingCallsMax = 50;
/** These need the app at once; everything else waits until somebody opens the chat. */
const eager = ['open', 'toggle', 'send', 'prefill', 'end'];

export class Loader {
  readonly emitter = createEmitter();
  readonly #origin: string;
  readonly #appUrl: string;
  #booted: Booted | null = null;
  #start: StartWidget | null = null;
  #isLoading = false;
  #waiting: (readonly [string, readonly unknown[]])[] = [];

  constructor(origin: string, appPath: string) {
    this.#origin = origin;
    this.#appUrl = origin + appPath;
  }

  boot(options: BootOptions): void {
    if (!options?.site || this.#booted?.options.site === options.site) return;
    this.shutdown();
    const shelf = new Shelf(options.site, options.consent ?? 'interaction');
    const ui = lastSeen(shelf);
    const place = mount();
    if (options.position) place.element.dataset.position = options.position;
    const look = {
      isOpen: false,
      unread: 0,
      isShown: options.launcher !== false,
      color: options.color ?? ui.color ?? '',
      language: options.locale && options.locale !== 'auto' ? options.locale : navigator.language,
    };
    const launcher = createLauncher(place.shadow, look, () => this.call('toggle', []));
    this.#booted = { mount: place, shelf, options, launcher, widget: null };
    // Somebody who has chatted, or left the panel open, gets the app once the page has loaded.
    if (ui.open || shelf.read('c') || shelf.read('q')) afterLoad(() => this.#load());
  }

  /** Forgets the visitor on this device; nothing of the chat is left when the page is next painted. */
  shutdown(): void {
    const booted = this.#booted;
    this.#waiting = [];
    this.#booted = null;
    booted?.widget?.stop();
    booted?.shelf.wipe();
    booted?.mount.remove();
  }

  call(verb: string, args: readonly unknown[]): unknown {
    const booted = this.#booted;
    if (booted === null) return undefined;
    if (verb === 'show' || verb === 'hide') {
      booted.launcher.look({ isShown: verb === 'show' });
      return this.emitter.emit(verb, {});
    }
    if (booted.widget) return booted.widget.call(verb, args);
    if (verb === 'get') return args[0] === 'isOpen' ? false : args[0] === 'unread' ? 0 : undefined;
    if (this.#waiting.length < waitingCallsMax) this.#waiting.push([verb, args]);
    if (!eager.includes(verb)) return undefined;
    // The visitor has turned to the chat: from here on the device may keep it.
    booted.shelf.allow();
    this.#load();
    return undefined;
  }

  /** The app's bundle has come, or comes a second time. */
  attach(start: StartWidget): void {
    this.#start ??= start;
    this.#isLoading = false;
    const booted = this.#booted;
    if (booted === null || booted.widget) return;
    const { mount: place, launcher, shelf, options } = booted;
    const { element, shadow } = place;
    const { emitter } = this;
    const renew = () => this.#renew(booted);
    booted.widget = this.#start({ origin: this.#origin, options, launcher, shelf, emitter, element, shadow, renew });
    for (const [verb, args] of this.#waiting.splice(0)) booted.widget.call(verb, args);
  }

  #load(): void {
    if (this.#booted === null || this.#booted.widget || this.#isLoading) return;
    if (this.#start) {
      this.attach(this.#start);
      return;
    }
    this.#isLoading = true;
    loadScript(this.#appUrl, () => {
      this.#isLoading = false;
      // Somebody may still wait for it; the page itself is not held up.
      setTimeout(() => this.#load(), retryMs);
    });
  }

  /** Another tab has forgotten the visitor, and the widget has let go of everything. */
  #renew({ mount: place, options }: Booted): void {
    place.remove();
    this.#booted = null;
    this.boot(options);
  }
}

function lastSeen(shelf: Shelf): { readonly open?: boolean; readonly color?: string } {
  try {
    return JSON.parse(shelf.read('ui') ?? '{}');
  } catch {
    return {};
  }
}

function afterLoad(then: () => void): void {
  const idle = () => (window.requestIdleCallback ?? setTimeout)(then);
  if (document.readyState === 'complete') idle();
  else addEventListener('load', idle, { once: true });
}
