// Owns telling the page what happens: to its handlers, and as DOM events `parla:<event>` on window.
// It never lets a handler that throws reach the widget; the page's console sees it.

type Handler = (detail: unknown) => void;

export interface Emitter {
  on(event: string, handler: Handler): () => void;
  emit(event: string, detail: unknown): void;
}

export function createEmitter(): Emitter {
  const handlers = new Set<readonly [string, Handler]>();
  return {
    on(event, handler) {
      const entry = [event, handler] as const;
      handlers.add(entry);
      return () => handlers.delete(entry);
    },
    emit(event, detail) {
      for (const [name, handler] of [...handlers]) if (name === event) guarded(handler, detail);
      dispatchEvent(new CustomEvent(`parla:${event}`, { detail }));
    },
  };
}

function guarded(handler: Handler, detail: unknown): void {
  try {
    handler(detail);
  } catch (error) {
    console.error(error);
  }
}
