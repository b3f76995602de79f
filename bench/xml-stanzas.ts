// Owns cutting what an XMPP server sends into stanzas: a small reader for well-formed XML that trusts its sender.
// It never checks a namespace or refuses anything: the product's own parser is another, and this one must not share it.

export interface Element {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: Element[];
  text: string;
}

const tag = /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/y;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const entities: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole;
    return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });
}

/** The first child of this name, at any depth of the path given. */
export function child(element: Element, ...path: readonly string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => at?.children.find((each) => each.name === name), element);
}

/** Fed with text as it comes; calls `onStanza` for each whole child of the stream, `onEnd` for the stream's own end. */
export class StanzaReader {
  readonly #onStanza: (stanza: Element) => void;
  readonly #onEnd: () => void;
  #rest = '';
  /** Open elements below the stream's root. */
  #open: Element[] = [];
  #started = false;

  constructor(onStanza: (stanza: Element) => void, onEnd: () => void) {
    this.#onStanza = onStanza;
    this.#onEnd = onEnd;
  }

  /** After TLS and after authentication both sides begin a new stream. */
  reset(): void {
    this.#rest = '';
    this.#open = [];
    this.#started = false;
  }

  push(text: string): void {
    this.#rest += text;
    let at = 0;
    for (let next = this.#step(at); next !== null; next = this.#step(at)) at = next;
    this.#rest = this.#rest.slice(at);
  }

  /** Where the next piece begins, or null when this one is not whole yet. */
  #step(at: number): number | null {
    const text = this.#rest;
    if (at >= text.length) return null;
    if (text[at] !== '<') {
      const end = text.indexOf('<', at);
      if (end < 0) return null;
      const inside = this.#open.at(-1);
      if (inside !== undefined) inside.text += unescapeXml(text.slice(at, end));
      return end;
    }
    if (text.startsWith('<?', at)) {
      const end = text.indexOf('?>', at);
      return end < 0 ? null : end + 2;
    }
    tag.lastIndex = at;
    const found = tag.exec(text);
    if (found === null) return null;
    this.#tag(found);
    // A handler may have begun a new stream: then what was read of the old one is gone.
    return this.#rest === text ? tag.lastIndex : null;
  }

  #tag([, closing, name = '', attributes = '', empty]: RegExpExecArray): void {
    if (closing === '/') this.#close();
    else if (this.#started)
      this.#enter({ name, attributes: readAttributes(attributes), children: [], text: '' }, empty === '/');
    else this.#started = true;
  }

  #enter(element: Element, empty: boolean): void {
    this.#open.at(-1)?.children.push(element);
    this.#open.push(element);
    if (empty) this.#close();
  }

  #close(): void {
    const closed = this.#open.pop();
    if (closed === undefined) this.#onEnd();
    else if (this.#open.length === 0) this.#onStanza(closed);
  }
}

function readAttributes(text: string): { [name: string]: string } {
  const read: { [name: string]: string } = {};
  for (const [, name = '', double, single] of text.matchAll(attribute))
    read[name] = unescapeXml(double ?? single ?? '');
  return read;
}
