// Owns what of an actor may be shown to whoever runs the node: its kind, its name, and of a key or an id a few letters.
// It never lets a text through that a person may have written: of an error it shows the name and the place.

import type { CrashReport, Pid } from '../../runtime/mod.ts';

/** Ids of sessions, rooms and the like, wherever they stand in a line. */
const id = /\b([a-z][a-z0-9]{3})[a-z0-9]{9,35}\b(?=[^a-z0-9-]|$)/g;
/** From the first to the last: what is quoted may hold quotation marks and line ends itself. */
const quoted = /["'`].*["'`]/s;
const reasonUnitsMax = 200;

export interface Named {
  readonly behaviour: string;
  readonly name: string | null;
  /** As the runtime tells it: its beginning only. */
  readonly key: string | null;
}

/** The registered name, else kind and shortened key, else the kind. */
export function labelOf({ behaviour, name, key }: Named, family: string | null = null): string {
  if (name !== null) return name;
  return key === null ? behaviour : `${family ?? behaviour} ${key}`;
}

/** The runtime's own errors: their words are names of behaviours and messages. */
const ownErrors: ReadonlySet<string> = new Set(['Misuse', 'HandlerDeadline']);

/** Which error, and where: an error's words may hold what a visitor wrote, quoted or not, so only the log has them. */
export function crashShown({ reason, error, where }: Pick<CrashReport, 'reason' | 'error' | 'where'>): string {
  if (ownErrors.has(error)) return reasonShown(reason);
  return where === null ? error : `${error} at ${where}`;
}

/** One line, without what is quoted and without whole ids. */
export function reasonShown(reason: string): string {
  const line = reason.replace(quoted, '"…"').split('\n', 1)[0] ?? '';
  const shown = line.replace(id, (word, start) => (/\d/.test(word) ? `${start}…` : word));
  return shown.length > reasonUnitsMax ? `${shown.slice(0, reasonUnitsMax)}…` : shown;
}

/** As the page and `/observer/trace` name an actor of this node. */
export function pidShown({ thread, incarnation, serial }: Pid): string {
  return `${thread}.${incarnation}.${serial}`;
}

/** Null: not a pid. */
export function pidGiven(text: string, node: string): Pid | null {
  const match = /^(\d{1,4})\.(\d{1,9})\.(\d{1,15})$/.exec(text);
  if (match === null) return null;
  const [thread, incarnation, serial] = match.slice(1).map(Number);
  return { node, thread: thread ?? 0, incarnation: incarnation ?? 0, serial: serial ?? 0 };
}
