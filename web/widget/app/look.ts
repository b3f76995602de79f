// Owns the colours and the darkness of the panel: the site's theme, the page's wishes, and the reader's system.
// It never sets a style attribute: colours go into a sheet of their own.

import { inkOn, textOn, themeColor } from '../core/contrast.ts';
import { addSheet } from '../page/sheet.ts';
import css from '../view/panel.css';

export interface Look {
  /** Must be asked again after the system's preference changed. */
  isDark(mode: string | undefined): boolean;
  color(color: string): void;
}

const surfaceLight = '#f3f4f6';
const surfaceDark = '#2a2d33';

export function createLook(shadow: ShadowRoot, signal: AbortSignal, changed: () => void): Look {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const setColors = addSheet(shadow, '');
  const setPanel = addSheet(shadow, css);
  system.addEventListener('change', changed, { signal });
  signal.addEventListener('abort', () => {
    setColors('');
    setPanel('');
  });
  return {
    isDark: (mode) => mode === 'dark' || (mode !== 'light' && system.matches),
    color(color) {
      const accent = themeColor(color);
      const deep = deeper(accent);
      setColors(
        `:host{--accent-deep:${deep};--ink-light:${inkOn(accent, surfaceLight)};--ink-dark:${inkOn(accent, surfaceDark)}}`,
      );
    },
  };
}

/** A shade that goes further away from the text on it, so that what is readable stays readable. */
function deeper(color: string): string {
  const goal = textOn(color) === '#ffffff' ? 0 : 255;
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return `#${parts
    .map((part) =>
      Math.round(part + (goal - part) * 0.18)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
