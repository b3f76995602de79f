// Owns which parts of a message's text become links: http, https, mailto and tel, and nothing else.
// It never makes markup; it cuts text into parts that the view sets as text.

export interface Part {
  readonly text: string;
  /** Only on links; always one of the four schemes. */
  readonly href?: string;
}

const found =
  /(?:https?:\/\/|www\.)[^\s<>"'`]+|(?:mailto:)?[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|tel:\+?[\d() -]{4,24}\d/gi;
const trailing = /[.,;:!?*_~\])}'"»”’]+$/u;
/** What turns writing round could make a link read as another address. */
const deceiving = /[\u202a-\u202e\u2066-\u2069]/;
const linksMax = 100;

export function linkify(text: string): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(found)) {
    if (parts.length > linksMax) break;
    const word = trimmed(match[0]);
    const href = hrefOf(word);
    if (href === undefined) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: word, href });
    from = match.index + word.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** A closing bracket belongs to the address when its opening one does: `/wiki/Chat_(room)`. */
function trimmed(word: string): string {
  let end = word.replace(trailing, '');
  if (word[end.length] === ')' && end.split('(').length > end.split(')').length) end += ')';
  return end;
}

function hrefOf(word: string): string | undefined {
  if (deceiving.test(word)) return undefined;
  if (/^tel:/i.test(word)) return `tel:${word.slice(4).replace(/[^\d+]/g, '')}`;
  if (/^(https?:\/\/|www\.)/i.test(word)) return webAddress(/^www\./i.test(word) ? `https://${word}` : word);
  return `mailto:${word.replace(/^mailto:/i, '')}`;
}

function webAddress(address: string): string | undefined {
  try {
    const url = new URL(address);
    return /^https?:$/.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}
