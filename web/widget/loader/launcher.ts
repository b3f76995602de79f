// Owns the round button that opens the chat, with its name, its badge and its colour.
// It never knows what is behind it: a press is handed on.

import { textOn, themeColor } from '../core/contrast.ts';
import { type LauncherWords, launcherWords } from '../locales/launcher.ts';
import { addSheet } from '../page/sheet.ts';
import css from './launcher.css';

export interface LauncherLook {
  readonly isOpen: boolean;
  readonly unread: number;
  readonly isShown: boolean;
  readonly color: string;
  readonly language: string;
}

export interface Launcher {
  readonly button: HTMLButtonElement;
  look(change: Partial<LauncherLook>): void;
}

const unreadShownMax = 99;
const svg = 'http://www.w3.org/2000/svg';
const bubble =
  'M12 3.2c5.2 0 9.3 3.5 9.3 8s-4.1 8-9.3 8c-1 0-2-.1-2.9-.4-1.3.9-3 1.7-4.8 1.8-.5 0-.7-.5-.4-.9.7-.9 1.2-1.9 1.3-2.9-1.6-1.4-2.5-3.4-2.5-5.6 0-4.5 4.1-8 9.3-8z';
const down = 'M5 9l7 7 7-7';

export function createLauncher(shadow: ShadowRoot, first: LauncherLook, press: () => void): Launcher {
  addSheet(shadow, css);
  const recolor = addSheet(shadow, '');
  const button = document.createElement('button');
  const badge = document.createElement('span');
  button.className = 'launcher';
  button.type = 'button';
  badge.className = 'badge';
  badge.ariaHidden = 'true';
  button.append(icon('bubble', bubble), icon('down', down), badge);
  button.addEventListener('click', press);
  shadow.append(button);
  const held = { ...first };
  const look = (change: Partial<LauncherLook>) => {
    Object.assign(held, change);
    const color = themeColor(held.color);
    recolor(`:host{--accent:${color};--on-accent:${textOn(color)}}`);
    const words = (launcherWords[held.language.slice(0, 2)] ?? launcherWords.en) as LauncherWords;
    const unread = held.isOpen || held.unread === 0 ? '' : String(Math.min(held.unread, unreadShownMax));
    button.hidden = !held.isShown;
    button.ariaExpanded = String(held.isOpen);
    button.ariaLabel =
      (held.isOpen ? words.close : words.open) + (unread && `, ${words.unread.replace('{n}', unread)}`);
    badge.textContent = unread;
  };
  look({});
  return { button, look };
}

function icon(name: string, path: string): SVGElement {
  const root = document.createElementNS(svg, 'svg');
  const line = document.createElementNS(svg, 'path');
  const isFilled = name === 'bubble';
  root.setAttribute('class', name);
  root.setAttribute('viewBox', '0 0 24 24');
  root.ariaHidden = 'true';
  line.setAttribute('d', path);
  line.setAttribute('fill', isFilled ? 'currentColor' : 'none');
  if (!isFilled) {
    line.setAttribute('stroke', 'currentColor');
    line.setAttribute('stroke-width', '2.5');
    line.setAttribute('stroke-linecap', 'round');
    line.setAttribute('stroke-linejoin', 'round');
  }
  root.append(line);
  return root;
}
