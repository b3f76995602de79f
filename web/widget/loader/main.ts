// Owns the entry of the first script on a customer's page: `window.parla`, made once however often it is included.
// It never fails the page: a bad call is the console's.

import type { BootOptions, ParlaApi } from '../host.ts';
import { Loader } from './loader.ts';

declare const APP_PATH: string;
declare const VERSION: string;

/** What the page may have put there before: a queue of calls, or this script itself. */
type Stub = Partial<ParlaApi> & { readonly q?: readonly ArrayLike<unknown>[] };

const page = window as unknown as { parla?: Stub };
if (page.parla?.version === undefined) begin(page, document.currentScript as HTMLScriptElement | null);

function begin(target: { parla?: Stub }, script: HTMLScriptElement | null): void {
  const loader = new Loader(new URL(script?.src ?? location.href).origin, APP_PATH);
  const api = (verb: string, ...args: readonly unknown[]): unknown => {
    const [first, second] = args;
    switch (verb) {
      case 'boot':
        return loader.boot(first as BootOptions);
      case 'shutdown':
      case 'reset':
        return loader.shutdown();
      case 'on':
        return loader.emitter.on(String(first), second as (detail: unknown) => void);
      default:
        return verb === 'get' && first === 'version' ? VERSION : loader.call(verb, args);
    }
  };
  const queue = target.parla?.q ?? [];
  target.parla = Object.assign(api, { version: VERSION, on: loader.emitter.on, attach: loader.attach.bind(loader) });
  const { launcher, ...options } = script?.dataset ?? {};
  if (options.site) loader.boot({ ...options, launcher: launcher !== 'false' } as unknown as BootOptions);
  for (const call of queue) replay(api, Array.from(call));
}

/** One bad call in the page's queue keeps no other from running. */
function replay(
  api: (verb: string, ...args: readonly unknown[]) => unknown,
  [verb, ...args]: readonly unknown[],
): void {
  try {
    api(String(verb), ...args);
  } catch (error) {
    console.error(error);
  }
}
