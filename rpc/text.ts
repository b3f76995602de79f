// Owns what becomes of the characters in strings from outside before anything else sees them.
// It never refuses a string: it replaces, removes and cuts.

/** What XML 1.0 (section 2.2, Char) cannot carry: most of C0, halves of surrogate pairs, U+FFFE and U+FFFF. */
const notXml = /(?![\t\n\r\u007F-\u009F])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu;

/** Line ends and tabs become spaces in a name; other controls and everything that turns the text's direction go. */
const lineBreaks = /[\t\n\r\u0085\u2028\u2029]+/gu;
const invisible = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** The same number of UTF-16 units, so that a limit holds before and after. */
export function xmlSafe(text: string): string {
  return text.replace(notXml, '\uFFFD');
}

/** For names and page titles: one line that shows where it ends. */
export function plainLine(text: string): string {
  return xmlSafe(text.replace(lineBreaks, ' ').replace(invisible, '')).trim();
}

/** At most so many UTF-16 units, never half of a character. */
export function cut(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const last = text.charCodeAt(unitsMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? unitsMax - 1 : unitsMax);
}
