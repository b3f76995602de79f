// Owns the one element of the widget on the page: it waits for the body and comes back when the page swaps it.
// It never looks at the rest of the page.

export interface Mount {
  readonly element: HTMLElement;
  readonly shadow: ShadowRoot;
  remove(): void;
}

export function mount(): Mount {
  const element = document.createElement('parla-chat');
  const shadow = element.attachShadow({ mode: 'open' });
  const watch = new MutationObserver(() => place());
  const place = () => {
    if (document.body === null) return;
    if (!element.isConnected) document.body.append(element);
    // A new body must be watched too; observing the same one again changes nothing.
    watch.observe(document.body, { childList: true });
  };
  watch.observe(document.documentElement, { childList: true });
  place();
  return {
    element,
    shadow,
    remove() {
      watch.disconnect();
      element.remove();
    },
  };
}
