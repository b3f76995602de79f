// Owns what the loader and the app say to each other: the loader holds the launcher and the API, the app everything behind.
// It holds types only; both sides are bundled apart and meet on the page.

import type { Emitter } from './loader/emitter.ts';
import type { Launcher } from './loader/launcher.ts';
import type { Shelf } from './page/shelf.ts';

export interface BootOptions {
  readonly site: string;
  /** `auto`, or a language tag. */
  readonly locale?: string;
  /** The colour until the site's own is known. */
  readonly color?: string;
  readonly mode?: 'auto' | 'light' | 'dark';
  readonly position?: 'end' | 'start';
  /** Whether the launcher is shown. */
  readonly launcher?: boolean;
  /** `interaction` keeps nothing on the device before the panel was opened; `none` never keeps anything. */
  readonly consent?: 'none' | 'interaction' | 'full';
  /** Where an operator may send the page: its own origin, or any web address. */
  readonly navigate?: 'same' | 'any';
}

export interface Host {
  readonly origin: string;
  readonly options: BootOptions;
  readonly element: HTMLElement;
  readonly shadow: ShadowRoot;
  readonly launcher: Launcher;
  readonly shelf: Shelf;
  readonly emitter: Emitter;
  /** Begins again with nothing: another tab has forgotten the visitor. */
  renew(): void;
}

export interface Widget {
  call(verb: string, args: readonly unknown[]): unknown;
  /** Ends everything at once; nothing of it may touch the page or the device afterwards. */
  stop(): void;
}

export type StartWidget = (host: Host) => Widget;

export interface ParlaApi {
  (verb: string, ...args: readonly unknown[]): unknown;
  readonly version: string;
  on(event: string, handler: (detail: unknown) => void): () => void;
  /** For the app's own bundle: hands itself to the loader. */
  attach(start: StartWidget): void;
}
