// Owns the colours that canvases draw with: those of the stylesheet, as they are now, and which one is whose.
// It defines no colour itself, so light and dark stand in one place.

const threadColours = 8;
const names = ['paper', 'panel', 'line', 'ink', 'soft', 'faint', 'calm', 'well', 'warm', 'hot', 'glow'] as const;

export type Palette = { readonly [name in (typeof names)[number]]: string } & { readonly threads: readonly string[] };

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const named = Object.fromEntries(names.map((name) => [name, value(name)])) as Record<(typeof names)[number], string>;
  return { ...named, threads: Array.from({ length: threadColours }, (_, at) => value(`t${at}`)) };
}

/** The class, and the place among the palette's, of a thread's colour. The edge's is the quiet one. */
export function threadColour(thread: number): number {
  return thread === 0 ? 0 : 1 + ((thread - 1) % (threadColours - 1));
}
