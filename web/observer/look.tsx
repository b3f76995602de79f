// Owns light or dark: as the system has it, until a person says otherwise on this page.
// It keeps the choice in this browser only.

import { useState } from 'preact/hooks';

type Choice = 'auto' | 'light' | 'dark';

const shelf = 'parla-observer-look';
const next: { readonly [choice in Choice]: Choice } = { auto: 'dark', dark: 'light', light: 'auto' };
const shown: { readonly [choice in Choice]: string } = { auto: '◐ Auto', dark: '● Dark', light: '○ Light' };

export function Look() {
  const [choice, setChoice] = useState<Choice>(keptChoice);
  apply(choice);
  const turn = () => {
    localStorage.setItem(shelf, next[choice]);
    setChoice(next[choice]);
  };
  return (
    <button type="button" title="Light or dark" onClick={turn}>
      {shown[choice]}
    </button>
  );
}

function keptChoice(): Choice {
  const kept = localStorage.getItem(shelf);
  return kept === 'dark' || kept === 'light' ? kept : 'auto';
}

function apply(choice: Choice): void {
  if (choice === 'auto') delete document.documentElement.dataset.look;
  else document.documentElement.dataset.look = choice;
}
