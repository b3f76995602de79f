// Owns the mark `[info]`, by which an operator knows a line of Parla's own from one that a visitor wrote.
// It lets nobody else begin a line with it.

const mark = '[info]';
const forged = /^([^\S\n]*)(\[info\])/gimu;

/** What a visitor wrote or is called, with every line that pretends to be ours marked by a backslash. */
export function escapeInfo(text: string): string {
  return text.replace(forged, '$1\\$2');
}

/** A line of ours. */
export function infoLine(text: string): string {
  return text.startsWith(mark) ? text : `${mark} ${text}`;
}
