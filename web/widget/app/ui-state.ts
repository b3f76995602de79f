// Owns how the panel stands on this device: open, draft, scroll, sounds, what was already asked; it survives page loads.
// It never holds what was said.

import type { Shelf } from '../page/shelf.ts';

export interface UiState {
  readonly open: boolean;
  readonly draft: string;
  /** Pixels between the end of the messages and what is seen; 0 follows the end. */
  readonly scroll: number;
  readonly muted: boolean;
  /** The visitor's address is known, so it is never asked for again; the address itself is not kept. */
  readonly hasEmail: boolean;
  /** The conversation that was rated last. */
  readonly rated: string;
  /** The site's colour, for the launcher of the next page. */
  readonly color: string;
  /** What the page last said of the visitor, so that it is told once. */
  readonly identity: string;
  readonly userId: string;
}

const emptyUi: UiState = {
  open: false,
  draft: '',
  scroll: 0,
  muted: false,
  hasEmail: false,
  rated: '',
  color: '',
  identity: '',
  userId: '',
};

export function readUi(shelf: Shelf): UiState {
  try {
    return { ...emptyUi, ...(JSON.parse(shelf.read('ui') ?? '{}') as Partial<UiState>) };
  } catch {
    return emptyUi;
  }
}

export function writeUi(shelf: Shelf, ui: UiState): void {
  shelf.write('ui', JSON.stringify(ui));
}
